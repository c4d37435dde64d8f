internal import CAPIDescription
internal import Hummingbird

/// How the server is, for everybody.
struct StateRoutes: Sendable {
  let services: APIServices
  let settings: APISettings
  let metrics: RequestMetrics
  let connections: OpenConnections

  var all: [Route] {
    [
      .open(.get, "/api/health") { _, _ in try .json(MessageObject(message: "OK")) },
      .open(.get, "/healthz") { _, _ in try .json(MessageObject(message: "OK")) },
      .open(.get, "/readyz", ready),
      .open(.get, "/api/auth/mode") { _, _ in
        try .json(
          AuthModeObject(
            mode: settings.authMode.rawValue, shortCodeMaxLength: settings.shortCodeMaxLength))
      },
      .open(.get, "/metrics") { _, _ in
        let families = metrics.families(openConnections: connections.count) + services.metrics()
        return .text(
          ByteBuffer(string: PrometheusText.write(families)), PrometheusText.contentType)
      },
      .open(.get, "/openapi.json") { _, _ in
        .text(ByteBuffer(bytes: APIDescription.bytes), "application/json")
      },
    ]
  }

  @Sendable private func ready(_ request: Request, _ context: APIContext) async throws -> Response {
    try await services.store.ping()
    guard services.isSchemaCurrent() else {
      throw APIError(
        .serviceUnavailable,
        "the database does not have the schema of this program; run lynx migrate up")
    }
    return try .json(MessageObject(message: "OK"))
  }
}

/// Docs/openapi.json
enum APIDescription {
  static let bytes = {
    let description = lynx_api_description()
    // The address and the count come from one constant array, which lives as long as the program.
    return Array(UnsafeBufferPointer(start: description.bytes, count: description.count))
  }()
}
