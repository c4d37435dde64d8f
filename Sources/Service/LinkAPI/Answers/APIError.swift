internal import Hummingbird
internal import Links

/// A request that is not answered as it was meant, and why.
struct APIError: Error, Sendable {
  let status: HTTPResponse.Status
  /// One sentence for the client, without a full stop.
  let reason: String
  let fields: HTTPFields
  /// What only the log is told; nil where the client is told all.
  let detail: String?

  init(
    _ status: HTTPResponse.Status, _ reason: String, fields: HTTPFields = [:],
    detail: String? = nil
  ) {
    self.status = status
    self.reason = reason
    self.fields = fields
    self.detail = detail
  }

  /// What anything that a route threw is to the client.
  init(_ error: any Error) {
    switch error {
    case let error as APIError: self = error
    case let error as LinkError: self.init(error)
    default:
      self.init(
        .internalServerError, "the server failed to answer; its log says why",
        detail: "\(error)")
    }
  }

  init(_ error: LinkError) {
    switch error {
    case .invalidDestination, .invalidCode, .invalidName, .badCursor, .invalidQuery:
      self.init(.badRequest, error.description)
    case .codeTaken: self.init(.conflict, error.description)
    case .notFound: self.init(.notFound, error.description)
    case .forbidden: self.init(.forbidden, error.description)
    case .unavailable(let reason, let retryAfter):
      // Why is the operator's: it names hosts and files.
      self.init(
        .serviceUnavailable, "the database cannot be reached; try again later",
        fields: [.retryAfter: "\(retryAfter ?? 10)"], detail: reason)
    case .full(let reason):
      self.init(
        .serviceUnavailable,
        "the database's disk is full; links can be read, and changed when there is room again",
        fields: [.retryAfter: "10"], detail: reason)
    }
  }
}

extension APIError {
  static let noSuchResource = APIError(
    .notFound, "there is nothing at this address; /openapi.json lists what there is")
}
