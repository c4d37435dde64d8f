/// What the head of a request says, as far as a redirect depends on it. Positions count from the
/// request's first byte.
struct RequestHead: Equatable, Sendable {
  enum Method: Sendable {
    case get, head, connect, other
  }

  enum Body: Equatable, Sendable {
    case none
    case length(Int)
    case chunked
  }

  var method = Method.other
  var isHTTP10 = false
  /// Whether the client wants the connection to stay open (RFC 9112, section 9.3).
  var keepsAlive = true
  /// Waits for an answer before it sends its body (RFC 9110, section 10.1.1).
  var expectsContinue = false
  var body = Body.none
  /// Behind the first slash of the path, in front of the query.
  var path = 0..<0
  /// Behind the question mark; nil if there is none.
  var query: Range<Int>?
  var hasEscapes = false
  /// Bytes up to and with the empty line that ends it.
  var length = 0
}

/// Why a request is not answered otherwise; the connection is closed after it.
enum Refusal: Error, Sendable, Equatable {
  /// 400.
  case malformed
  /// 414.
  case targetTooLong
  /// 417.
  case unknownExpectation
  /// 431.
  case headTooLarge
  /// 505.
  case unknownVersion
}
