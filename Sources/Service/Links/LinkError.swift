/// Why something about a link cannot be had or done.
public enum LinkError: Error, Sendable, Equatable {
  /// The destination breaks a rule of ``Destination``.
  case invalidDestination(String)
  /// The code breaks a rule of ``ShortCode``.
  case invalidCode(String)
  /// The name of a key breaks a rule of ``NewAPIKey``.
  case invalidName(String)
  /// Another link has this code.
  case codeTaken(String)
  /// No link has this code, or the link has no such history entry.
  case notFound(String)
  /// The link belongs to somebody else.
  case forbidden(String)
  /// The cursor was not made here, or for another query.
  case badCursor
  /// The query asks for something that cannot be meant.
  case invalidQuery(String)
  /// The store cannot answer now. `retryAfter` is in seconds; nil if waiting is not known to help.
  case unavailable(reason: String, retryAfter: Int?)
  /// The store has no room left: what is there can be read, and nothing can be written until somebody makes
  /// room.
  case full(reason: String)
}

extension LinkError: CustomStringConvertible {
  /// One sentence without a full stop.
  public var description: String {
    switch self {
    case .invalidDestination(let reason): "the destination \(reason)"
    case .invalidCode(let reason): "the short code \(reason)"
    case .invalidName(let reason): "the name \(reason)"
    case .codeTaken(let code): "the short code '\(code)' is taken; choose another"
    case .notFound(let what): "\(what) does not exist"
    case .forbidden(let code): "the link '\(code)' belongs to somebody else"
    case .badCursor:
      "the cursor does not belong to this query; leave it out to begin with the first page"
    case .invalidQuery(let reason): "the query \(reason)"
    case .unavailable(let reason, _): "the links cannot be reached: \(reason)"
    case .full(let reason): "nothing can be written: \(reason)"
    }
  }
}
