internal import Databases
internal import Links

extension LinkError {
  static let closed = LinkError.unavailable(reason: "the store is closed", retryAfter: nil)

  /// What a store's work threw, as the store says it.
  init(_ error: any Error) {
    switch error {
    case let error as LinkError: self = error
    case let error as DatabaseError: self.init(error)
    default: self = .unavailable(reason: "\(error)", retryAfter: nil)
    }
  }

  /// What passes by itself is worth another try in a second.
  init(_ error: DatabaseError) {
    if error.kind == .full {
      self = .full(reason: error.message)
      return
    }
    var reason = error.message
    if error.namesNoTable { reason += "; lynx migrate up makes the tables" }
    self = .unavailable(reason: reason, retryAfter: error.passes ? 1 : nil)
  }
}

extension DatabaseError {
  /// Whether it may be over without anybody doing anything about it here.
  var passes: Bool {
    switch kind {
    case .unreachable, .connectionLost, .busy: true
    case .full, .cannotMake, .invalidURL, .notPermitted, .corrupt, .constraint, .statement, .other:
      false
    }
  }

  /// Whether a table or column is missing: PostgreSQL has codes for that (manual, appendix A), SQLite a
  /// sentence.
  fileprivate var namesNoTable: Bool {
    code == "42P01" || code == "42703" || message.contains("no such table")
      || message.contains("no such column")
  }
}
