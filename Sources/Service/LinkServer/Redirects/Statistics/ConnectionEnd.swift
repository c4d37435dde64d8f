/// Why a connection was closed.
public enum ConnectionEnd: Int, Sendable, CaseIterable {
  /// The client had said that nothing more comes.
  case client
  /// After an answer that the client wanted to be the last, or that could not be followed by another.
  case answered
  /// After a request that was refused.
  case refused
  /// No request came in time.
  case idle
  /// A request's head or body did not come in time.
  case slowRequest
  /// The client did not read its answers in time.
  case slowReader
  /// The client, or the way to it, was gone.
  case failed
  /// The server stopped.
  case stopped

  /// What a client did or did not do that ended its connection; nil if it was nothing.
  var reproach: String? {
    switch self {
    case .refused: "a connection was closed behind a request that was refused"
    case .slowRequest: "a connection was closed whose request took too long to come"
    case .slowReader: "a connection was closed whose client took too long to read"
    case .client, .answered, .idle, .failed, .stopped: nil
    }
  }
}
