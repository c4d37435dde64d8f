/// A link to be created.
public struct NewLink: Sendable, Hashable {
  public var code: ShortCode
  public var destination: Destination
  public var createdBy: String?

  public init(code: ShortCode, destination: Destination, createdBy: String?) {
    self.code = code
    self.destination = destination
    self.createdBy = createdBy
  }
}

/// What answers a redirect.
public struct Target: Sendable, Hashable {
  public var id: Int64
  public var destination: String
  public var isActive: Bool
  /// ``Link/version``.
  public var version: Int64

  public init(id: Int64, destination: String, isActive: Bool, version: Int64) {
    self.id = id
    self.destination = destination
    self.isActive = isActive
    self.version = version
  }
}

/// A destination that a link had before.
public struct HistoryEntry: Sendable, Hashable, Identifiable {
  public var id: Int64
  public var code: String
  public var destination: String
  /// When it was replaced, in seconds since 1970, and by whom.
  public var changedAt: Int64
  public var changedBy: String?

  public init(
    id: Int64, code: String, destination: String, changedAt: Int64, changedBy: String?
  ) {
    self.id = id
    self.code = code
    self.destination = destination
    self.changedAt = changedAt
    self.changedBy = changedBy
  }
}

/// How ids of links grow.
public enum LinkID {
  /// The least id of links created from a second on, in seconds since 1970. It leaves room for a
  /// million links a second, and stays below 2⁵³, what JSON numbers hold exactly, until 2242.
  public static func floor(atUnixSeconds now: Int64) -> Int64 {
    max(0, min(now, Int64.max >> shift)) << shift
  }

  private static let shift: Int64 = 20
}

/// Clicks to be added together, once. The same id always carries the same counts.
public struct ClickBatch: Sendable, Hashable {
  public struct Count: Sendable, Hashable {
    public var linkID: Int64
    public var clicks: Int64

    public init(linkID: Int64, clicks: Int64) {
      self.linkID = linkID
      self.clicks = clicks
    }
  }

  /// Unique over all nodes and all time.
  public var id: String
  /// Each link at most once, in order of id (transactions that add to the same rows in the same
  /// order do not deadlock).
  public var counts: [Count]

  public init(id: String, counts: [Count]) {
    self.id = id
    self.counts = counts
  }

  /// All its clicks, at most the largest number.
  public var total: Int64 {
    counts.reduce(0) { sum, count in
      let (next, overflow) = sum.addingReportingOverflow(count.clicks)
      return overflow ? .max : next
    }
  }
}

/// How much a store holds.
public struct LinkCounts: Sendable, Hashable {
  public var links: Int64
  public var activeLinks: Int64
  /// Clicks that were added to the store.
  public var clicks: Int64

  public init(links: Int64, activeLinks: Int64, clicks: Int64) {
    self.links = links
    self.activeLinks = activeLinks
    self.clicks = clicks
  }
}
