/// What is answered, but for redirects: always the same bytes, apart from the date.
enum Answer: Int, CaseIterable {
  case health, malformed, notFound, gone, methodNotAllowed, targetTooLong, unknownExpectation
  case headTooLarge, unusable, unavailable, unknownVersion

  init(_ refusal: Refusal) {
    self =
      switch refusal {
      case .malformed: .malformed
      case .targetTooLong: .targetTooLong
      case .unknownExpectation: .unknownExpectation
      case .headTooLarge: .headTooLarge
      case .unknownVersion: .unknownVersion
      }
  }

  var status: HTTPStatus {
    switch self {
    case .health: .ok
    case .malformed: .badRequest
    case .notFound: .notFound
    case .gone: .gone
    case .methodNotAllowed: .methodNotAllowed
    case .targetTooLong: .uriTooLong
    case .unknownExpectation: .expectationFailed
    case .headTooLarge: .fieldsTooLarge
    case .unusable: .internalError
    case .unavailable: .unavailable
    case .unknownVersion: .versionNotSupported
    }
  }

  var body: String {
    switch self {
    case .health: #"{"status":"OK"}"#
    case .malformed: "The request is malformed.\n"
    case .notFound: "There is no such link.\n"
    case .gone: "This link was deactivated.\n"
    case .methodNotAllowed: "Links are only read here: GET and HEAD.\n"
    case .targetTooLong: "The address is longer than \(RequestParser.maximumLine) bytes.\n"
    case .unknownExpectation: "This expectation cannot be met.\n"
    case .headTooLarge: "The request's head is longer than \(RequestParser.maximumHead) bytes.\n"
    case .unusable: "This link leads nowhere.\n"
    case .unavailable: "Links cannot be looked up now. Try again soon.\n"
    case .unknownVersion: "This server speaks HTTP/1.1.\n"
    }
  }

  /// Fields that only this answer has.
  var ownFields: String {
    switch self {
    case .methodNotAllowed: "Allow: GET, HEAD\r\n"
    case .unavailable: "Retry-After: 1\r\n"
    default: ""
    }
  }

  var contentType: String {
    self == .health ? "application/json" : "text/plain; charset=utf-8"
  }
}

/// The statuses there are.
public enum HTTPStatus: Int, Sendable, CaseIterable {
  case ok = 200
  case movedPermanently = 301
  case found = 302
  case seeOther = 303
  case temporaryRedirect = 307
  case permanentRedirect = 308
  case badRequest = 400
  case notFound = 404
  case methodNotAllowed = 405
  case gone = 410
  case uriTooLong = 414
  case expectationFailed = 417
  case fieldsTooLarge = 431
  case internalError = 500
  case unavailable = 503
  case versionNotSupported = 505

  var reason: String {
    switch self {
    case .ok: "OK"
    case .movedPermanently: "Moved Permanently"
    case .found: "Found"
    case .seeOther: "See Other"
    case .temporaryRedirect: "Temporary Redirect"
    case .permanentRedirect: "Permanent Redirect"
    case .badRequest: "Bad Request"
    case .notFound: "Not Found"
    case .methodNotAllowed: "Method Not Allowed"
    case .gone: "Gone"
    case .uriTooLong: "URI Too Long"
    case .expectationFailed: "Expectation Failed"
    case .fieldsTooLarge: "Request Header Fields Too Large"
    case .internalError: "Internal Server Error"
    case .unavailable: "Service Unavailable"
    case .versionNotSupported: "HTTP Version Not Supported"
    }
  }

  var statusLine: String { "HTTP/1.1 \(rawValue) \(reason)\r\n" }
}
