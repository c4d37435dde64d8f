internal import Hummingbird
internal import NIOHTTP1

/// What a request's head has to be beyond what the parser of HTTP sees to (RFC 9112).
enum HeadRules {
  /// Why a head is refused; nil if it is not. After it the connection is of no further use, since where the
  /// request ends may be a matter of opinion.
  static func refusal(_ head: HTTPRequestHead, _ limits: APISettings.Limits) -> APIError? {
    guard head.version == .http1_1 || head.version == .http1_0 else {
      return APIError(.badRequest, "HTTP/1.1 and HTTP/1.0 are spoken here")
    }
    let hosts = head.headers["host"]
    if hosts.count > 1 || hosts.isEmpty && head.version == .http1_1 {
      return APIError(.badRequest, "a request has one Host field")
    }
    let lengths = head.headers["content-length"]
    let codings = head.headers[canonicalForm: "transfer-encoding"]
    if lengths.count > 1 || !lengths.isEmpty && !codings.isEmpty {
      return APIError(.badRequest, "the length of the body is given twice")
    }
    if !codings.isEmpty, codings != ["chunked"] || head.version == .http1_0 {
      return APIError(.badRequest, "the only transfer encoding understood is 'chunked', once")
    }
    if let length = lengths.first {
      guard !length.isEmpty, length.utf8.allSatisfy(isDigit) else {
        return APIError(.badRequest, "the length of the body is not a number")
      }
      if Int(length) ?? .max > limits.bodyBytes { return tooLarge(limits) }
    }
    if head.headers["expect"].contains(where: { $0.lowercased() != "100-continue" }) {
      return APIError(.expectationFailed, "the only expectation understood is '100-continue'")
    }
    return nil
  }

  static func tooLarge(_ limits: APISettings.Limits) -> APIError {
    APIError(.contentTooLarge, "the body is longer than \(limits.bodyBytes) bytes")
  }

  /// What the parser of HTTP found.
  static func refusal(_ error: HTTPParserError) -> APIError {
    switch error {
    case .headerOverflow:
      APIError(.requestHeaderFieldsTooLarge, "the head of the request is too large")
    case .invalidEOFState: APIError(.badRequest, "the request is not complete")
    default: APIError(.badRequest, "the request is not HTTP as RFC 9112 has it")
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
