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
    self = .unavailable(reason: error.message, retryAfter: error.passes ? 1 : nil)
  }
}

extension DatabaseError {
  /// Whether it may be over without anybody doing anything about it here.
  var passes: Bool {
    switch kind {
    case .unreachable, .connectionLost, .busy, .full: true
    case .invalidURL, .notPermitted, .corrupt, .constraint, .statement, .other: false
    }
  }
}
