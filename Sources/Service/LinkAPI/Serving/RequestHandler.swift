internal import Hummingbird
internal import LinuxSystem
internal import Logging
internal import NIOCore

/// Answers requests, whatever becomes of them, and keeps account.
final class RequestHandler: Sendable {
  private static let methods: Set<String> = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS",
  ]
  let connections: OpenConnections
  private let routes: RouteTable
  private let metrics: RequestMetrics
  private let logger: Logger

  init(
    routes: RouteTable, metrics: RequestMetrics, connections: OpenConnections, logger: Logger
  ) {
    self.routes = routes
    self.metrics = metrics
    self.connections = connections
    self.logger = logger
  }

  /// - Parameter allowTime: what a route calls that needs more time than others.
  func response(
    to request: Request, channel: any Channel, allowTime: @escaping @Sendable (Duration) -> Void
  ) async -> WireResponse {
    let start = Clock.monotonicNanoseconds
    let id = RequestID()
    var context = APIContext(
      source: ApplicationRequestContextSource(channel: channel, logger: logger))
    context.allowTime = allowTime
    let answer: WireResponse
    do {
      answer = try await WireResponse(routes.respond(to: request, context))
    } catch {
      let error = APIError(error)
      if error.status.code >= 500, !Task.isCancelled { log(error, id, request, context) }
      answer = WireResponse(error)
    }
    // What is cancelled was answered by ``timeout(of:)``, or nobody waits for it.
    if !Task.isCancelled {
      let nanoseconds = Clock.monotonicNanoseconds - start
      metrics.note(
        route: RouteTable.name(context), method: Self.name(request.method),
        status: Int(answer.status.code), seconds: Double(nanoseconds) / 1e9)
      logger.debug(
        "the API answered",
        metadata: [
          "request": "\(id)", "method": "\(Self.name(request.method))",
          "route": "\(RouteTable.name(context))", "status": "\(answer.status.code)",
          "microseconds": "\(nanoseconds / 1000)",
        ])
    }
    return answer.with(id)
  }

  /// The answer to a request that has none in time. It may still be done.
  func timeout(of request: Request, after limit: Duration) -> WireResponse {
    let id = RequestID()
    let error = APIError(
      .serviceUnavailable, "the request could not be answered in time; it may have been done",
      fields: [.retryAfter: "1"], detail: "no answer within \(limit)")
    log(error, id, request, nil)
    metrics.note(
      route: "timeout", method: Self.name(request.method), status: 503,
      seconds: Double(limit.components.seconds))
    return WireResponse(error).with(id)
  }

  /// The answer to what is no request, or none that a route could be given.
  func refusal(_ error: APIError) -> WireResponse {
    metrics.note(route: "refused", method: "other", status: error.status.code, seconds: 0)
    let id = RequestID()
    logger.debug(
      "the API refused a request: \(error.reason)",
      metadata: ["request": "\(id)", "status": "\(error.status.code)"])
    return WireResponse(error).with(id)
  }

  /// Without address, query, fields and body: any of them may be secret.
  private func log(_ error: APIError, _ id: RequestID, _ request: Request, _ context: APIContext?) {
    logger.error(
      "\(error.detail ?? error.reason)",
      metadata: [
        "request": "\(id)", "method": "\(Self.name(request.method))",
        "route": "\(context.map(RouteTable.name) ?? "timeout")", "status": "\(error.status.code)",
      ])
  }

  private static func name(_ method: HTTPRequest.Method) -> String {
    methods.contains(method.rawValue) ? method.rawValue : "other"
  }
}

extension WireResponse {
  fileprivate func with(_ id: RequestID) -> Self {
    var response = self
    response.headers.add(name: "x-request-id", value: "\(id)")
    return response
  }
}
