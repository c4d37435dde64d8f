/// That a link became another.
public struct LinkChange: Sendable, Hashable {
  public var code: String
  public var version: Int64
  /// ``Link/updatedAt``.
  public var updatedAt: Int64

  public init(code: String, version: Int64, updatedAt: Int64) {
    self.code = code
    self.version = version
    self.updatedAt = updatedAt
  }
}

/// What became of links since some second.
public struct LinkChanges: Sendable, Hashable {
  /// In no particular order.
  public var changes: [LinkChange]
  /// What the clock that ``Link/updatedAt`` is taken from said meanwhile, in seconds since 1970. It is
  /// the database's, not a node's: nodes may disagree about the time.
  public var clock: Int64

  public init(changes: [LinkChange], clock: Int64) {
    self.changes = changes
    self.clock = clock
  }
}

/// Word of changes before anybody asked for them, whoever made them.
public enum ChangeHint: Sendable, Equatable {
  /// A link was created or changed.
  case changed(code: String, version: Int64)
  /// Links were changed: ``LinkStore/changes(since:)`` tells which.
  case changes
  /// Any link may have been changed in any way, as when hints went astray or the database is another.
  case anything
  /// No hints come for a while, for the reason given.
  case silence(String)
}

/// Hints that come until they are ended, or nobody holds on to this.
public protocol ChangeHints: Sendable {
  /// Whether nothing is committed without a hint, by whomever, so that nobody has to ask in between.
  var areComplete: Bool { get }

  /// No hint comes after it. Idempotent.
  func end()
}
