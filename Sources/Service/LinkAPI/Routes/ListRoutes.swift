internal import Hummingbird
internal import Links

/// Links by the page.
struct ListRoutes: Sendable {
  let services: APIServices
  let links: LinkRoutes
  let cursorKey: CursorKeySource

  var all: [Route] {
    [
      .guarded(.get, "/api/urls") { try await answer(.urls, ["limit", "cursor"], $0, $1) },
      .guarded(.get, "/api/urls/search") {
        try await answer(
          .items,
          ["q", "created_by", "created_from", "created_to", "is_active", "limit", "cursor"], $0,
          $1)
      },
    ]
  }

  private func answer(
    _ name: URLPage.Name, _ known: Set<String>, _ request: Request, _ context: APIContext
  ) async throws -> Response {
    try await request.requireEmptyBody()
    let parameters = try QueryParameters(request.uri.query, known: known)
    var query = try Self.query(parameters, for: context.caller)
    let key = try await cursorKey.key()
    if let cursor = parameters.text("cursor") {
      query.after = try Cursor.decode(cursor, for: query, key: key)
    }
    if Self.asksForOthers(parameters, context.caller) {
      return try .json(URLPage(name: name, links: [], nextCursor: nil))
    }
    let wanted = query
    return try await services.journal.whileSettled {
      let page = try await services.store.links(wanted)
      return try .json(
        URLPage(
          name: name, links: page.links.map(links.object),
          nextCursor: page.end.map { Cursor.encode($0, for: wanted, key: key) }))
    }
  }

  /// Who is no admin sees their own links only.
  private static func query(
    _ parameters: QueryParameters, for caller: Caller
  ) throws -> LinkQuery {
    let owner =
      caller.checksOwners && !caller.isAdmin ? caller.user : parameters.text("created_by")
    let limit = try parameters.integer("limit")
    return try LinkQuery(
      text: parameters.text("q"), createdBy: owner,
      createdFrom: parameters.integer("created_from"),
      createdTo: parameters.integer("created_to"), isActive: parameters.boolean("is_active"),
      limit: limit.map { Int(clamping: $0) } ?? LinkQuery.defaultLimit)
  }

  private static func asksForOthers(_ parameters: QueryParameters, _ caller: Caller) -> Bool {
    guard caller.checksOwners, !caller.isAdmin, let wanted = parameters.text("created_by") else {
      return false
    }
    return !wanted.utf8.elementsEqual((caller.user ?? "").utf8)
  }
}
