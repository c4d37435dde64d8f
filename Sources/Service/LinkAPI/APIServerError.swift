/// Why the API is not served: one sentence without a full stop.
public struct APIServerError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Kind: Sendable, Equatable {
    /// A setting cannot be meant, or is not allowed.
    case setting
    /// Somebody else listens there.
    case taken
    /// The system refuses.
    case system
  }

  public let kind: Kind
  public let description: String

  init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
