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
}
