internal import Hummingbird

/// What a route knows of a request besides the request.
struct APIContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Set before a route that has to know is called.
  var caller = Caller.anyone
  /// Whether the client is on a loopback address or a unix socket.
  let isFromThisMachine: Bool
  /// Gives the route so much time to answer from now on, instead of what others have. A client that closes
  /// its side then is taken for gone, and the task is cancelled, as it is when the server stops.
  var allowTime: @Sendable (Duration) -> Void = { _ in }

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    isFromThisMachine = source.channel.remoteAddress?.isOfThisMachine ?? false
  }

  /// A part of the path as it was meant. Throws an ``APIError`` with 400 if it is not percent-encoded
  /// UTF-8.
  func pathPart(_ name: String) throws(APIError) -> String {
    guard let text = parameters.get(name).flatMap({ PercentDecoding.decode($0) }) else {
      throw APIError(.badRequest, "the path is not percent-encoded UTF-8")
    }
    return text
  }
}
