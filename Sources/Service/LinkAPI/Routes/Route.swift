internal import HTTPTypes
internal import Hummingbird

/// An address of the API and what answers there.
struct Route: Sendable {
  typealias Answer = @Sendable (Request, APIContext) async throws -> Response

  let method: HTTPRequest.Method
  /// As in OpenAPI: `/api/urls/{code}`.
  let path: String
  /// Whether a key is needed where there are keys.
  let needsCaller: Bool
  let answer: Answer

  static func open(_ method: HTTPRequest.Method, _ path: String, _ answer: @escaping Answer) -> Self
  {
    Self(method: method, path: path, needsCaller: false, answer: answer)
  }

  static func guarded(
    _ method: HTTPRequest.Method, _ path: String, _ answer: @escaping Answer
  ) -> Self {
    Self(method: method, path: path, needsCaller: true, answer: answer)
  }
}

/// Finds the route of a request.
struct RouteTable: Sendable {
  private let routes: RouterResponder<APIContext>
  /// Tells what methods a path has, for requests with others.
  private let paths: RouterResponder<APIContext>
  private let hosts: HostRule
  /// What a path that has no route is called in metrics and logs.
  static let none = "none"

  init(_ all: [Route], _ authenticator: Authenticator, _ hosts: HostRule) {
    self.hosts = hosts
    let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
    var methods: [String: Set<String>] = [:]
    for route in all {
      methods[route.path, default: ["OPTIONS"]].insert(route.method.rawValue)
      router.on(RouterPath(route.path), method: route.method) { request, context in
        var context = context
        if ![.get, .head, .options].contains(request.method) {
          try Self.refuseForeignPages(request)
        }
        if route.needsCaller {
          context.caller = try await authenticator.caller(request.headers)
        }
        return try await route.answer(request, context)
      }
    }
    routes = router.buildResponder()
    let paths = Router(context: APIContext.self)
    for (path, var names) in methods {
      if names.contains("GET") { names.insert("HEAD") }
      let allow = names.sorted().joined(separator: ", ")
      paths.get(RouterPath(path)) { _, _ in Response(status: .noContent, headers: [.allow: allow]) }
    }
    self.paths = paths.buildResponder()
  }

  /// A page of another site that somebody looks at can have their browser send requests here, some of them
  /// without asking first (Fetch Standard, "CORS-preflight"). The browser says so
  /// (https://www.w3.org/TR/fetch-metadata/).
  static func refuseForeignPages(_ request: Request) throws(APIError) {
    guard let site = HTTPField.Name("Sec-Fetch-Site"), request.headers[site] == "cross-site" else {
      return
    }
    throw APIError(.forbidden, "pages of other sites may not do this")
  }

  /// Throws what a route throws, and an ``APIError`` with 404, 405 or 421.
  func respond(to request: Request, _ context: APIContext) async throws -> Response {
    try hosts.check(request)
    guard Self.isExact(request.uri.path) else { throw APIError.noSuchResource }
    let response = try await routes.respond(to: request, context: context)
    // Where no route fits, the router answers itself.
    guard response.status == .notFound, Self.name(context) == Self.none else { return response }
    var head = request.head
    head.method = .get
    let probe = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
    let methods = try await paths.respond(to: probe, context: context)
    guard let allow = methods.headers[.allow] else { throw APIError.noSuchResource }
    if request.method == .options { return methods }
    throw APIError(
      .methodNotAllowed, "this address has no such method; it has \(allow)",
      fields: [.allow: allow])
  }

  /// The router passes over slashes that are one too many; whoever decides in front of this server who may
  /// get to which path does not.
  private static func isExact(_ path: String) -> Bool {
    path == "/" || path.first == "/" && path.last != "/" && !path.contains("//")
  }

  /// The path of the route that answered, as the route has it.
  static func name(_ context: APIContext) -> String {
    guard let path = context.endpointPath, path != "NotFound" else { return none }
    return path
  }
}
