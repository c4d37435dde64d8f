internal import Hummingbird
internal import LinkStores
internal import Links

/// Links one by one.
struct LinkRoutes: Sendable {
  let services: APIServices
  let settings: APISettings
  let codes: CodeSource

  var all: [Route] {
    [
      .guarded(.post, "/api/urls", create),
      .guarded(.get, "/api/urls/{code}", show),
      .guarded(.patch, "/api/urls/{code}", change),
      .guarded(.put, "/api/urls/{code}/deactivate") { try await set(false, $0, $1) },
      .guarded(.put, "/api/urls/{code}/reactivate") { try await set(true, $0, $1) },
      .guarded(.get, "/api/urls/{code}/history", history),
      .guarded(.post, "/api/urls/{code}/history/{id}/restore", restore),
    ]
  }

  @Sendable private func create(_ request: Request, _ context: APIContext) async throws -> Response
  {
    let body = try await request.body(as: NewURLBody.self)
    let destination = try Destination(body.url)
    let user = context.caller.user
    let link: Link
    if let text = body.customCode {
      let code = try ShortCode(custom: text, maximumLength: settings.shortCodeMaxLength)
      link = try await services.store.create(
        NewLink(code: code, destination: destination, createdBy: user))
    } else {
      link = try await codes.create(destination, by: user, in: services.store)
    }
    remember(link)
    return try .json(
      object(link), status: .created,
      fields: [.location: "/api/urls/\(PercentEncoding.encode(link.code))"])
  }

  @Sendable private func show(_ request: Request, _ context: APIContext) async throws -> Response {
    try await request.requireEmptyBody()
    let code = try Self.code(context)
    return try await services.journal.whileSettled {
      let link = try await services.store.link(code: code)
      try context.caller.requireSight(of: link)
      return try .json(object(link))
    }
  }

  @Sendable private func change(_ request: Request, _ context: APIContext) async throws -> Response
  {
    let body = try await request.body(as: ChangedURLBody.self)
    let destination = try Destination(body.url)
    return try await write(context) { code in
      try await services.store.update(
        code: code, destination: destination, by: context.caller.user)
    }
  }

  private func set(
    _ isActive: Bool, _ request: Request, _ context: APIContext
  ) async throws -> Response {
    try await request.requireEmptyBody()
    let code = try await requireOwnership(context)
    remember(try await services.store.setActive(code: code, isActive))
    return try .json(
      MessageObject(message: isActive ? "The link redirects." : "The link redirects no more."))
  }

  @Sendable private func history(_ request: Request, _ context: APIContext) async throws -> Response
  {
    try await request.requireEmptyBody()
    let code = try Self.code(context)
    // Owners never change: what is true of the link is true of its history.
    try context.caller.requireSight(of: try await services.store.link(code: code))
    return try .json(try await services.store.history(code: code).map(HistoryObject.init))
  }

  @Sendable private func restore(_ request: Request, _ context: APIContext) async throws -> Response
  {
    try await request.requireEmptyBody()
    let text = try context.pathPart("id")
    return try await write(context) { code in
      guard let entry = Int64(text) else {
        throw LinkError.notFound("a history entry with this id")
      }
      return try await services.store.restore(
        code: code, entry: entry, by: context.caller.user)
    }
  }

  // MARK: What they share

  /// A code as the path has it. Throws where the store could not even be asked for it.
  private static func code(_ context: APIContext) throws -> String {
    let code = try context.pathPart("code")
    if code.utf8.contains(0) { throw LinkError.notFound("a short code with a NUL character") }
    return code
  }

  /// The code of a link that the caller may change.
  private func requireOwnership(_ context: APIContext) async throws -> String {
    let code = try Self.code(context)
    try context.caller.requireOwnership(of: try await services.store.link(code: code))
    return code
  }

  private func write(
    _ context: APIContext, _ body: (String) async throws -> Link
  ) async throws -> Response {
    let code = try await requireOwnership(context)
    return try await services.journal.whileSettled {
      let link = try await body(code)
      remember(link)
      return try .json(object(link))
    }
  }

  /// Redirects go by it before the answer is sent.
  private func remember(_ link: Link) {
    services.cache.install(
      Target(
        id: link.id, destination: link.destination, isActive: link.isActive,
        version: link.version),
      for: link.code)
  }

  /// To be called while the journal is settled: else clicks could be counted twice, or not at all.
  func object(_ link: Link) -> URLObject {
    let (clicks, overflow) = link.clicks.addingReportingOverflow(
      services.journal.pending(of: link.id))
    return URLObject(
      link: link, clicks: overflow ? .max : clicks, redirectBaseURL: settings.redirectBaseURL)
  }
}
