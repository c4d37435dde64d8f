internal import Hummingbird

/// What a route knows of a request besides the request.
struct APIContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Set before a route that has to know is called.
  var caller = Caller.anyone

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
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
