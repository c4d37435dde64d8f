internal import Hummingbird
internal import Links

/// Keys, for admins.
struct KeyRoutes: Sendable {
  let store: any APIKeyStore
  let authenticator: Authenticator

  var all: [Route] {
    [
      .guarded(.get, "/api/user/info") { request, context in
        try await request.requireEmptyBody()
        return try .json(UserObject(caller: context.caller))
      },
      .guarded(.post, "/api/keys", create),
      .guarded(.get, "/api/keys", list),
      .guarded(.delete, "/api/keys/{id}", revoke),
    ]
  }

  @Sendable private func create(_ request: Request, _ context: APIContext) async throws -> Response
  {
    try requireAdmin(context)
    let body = try await request.body(as: NewKeyBody.self)
    var generator = SystemRandomNumberGenerator()
    let secret = APIKeySecret(using: &generator)
    let key = try await store.createKey(
      NewAPIKey(
        name: body.name, hash: secret.hash, isAdmin: body.isAdmin ?? false,
        createdBy: context.caller.user))
    return try .json(
      KeyObject(key: key, secret: secret), status: .created,
      fields: [.location: "/api/keys/\(key.id)"])
  }

  @Sendable private func list(_ request: Request, _ context: APIContext) async throws -> Response {
    try requireAdmin(context)
    try await request.requireEmptyBody()
    return try .json(try await store.keys().map { KeyObject(key: $0) })
  }

  @Sendable private func revoke(_ request: Request, _ context: APIContext) async throws -> Response
  {
    try requireAdmin(context)
    try await request.requireEmptyBody()
    guard let id = Int64(try context.pathPart("id")) else {
      throw LinkError.notFound("a key with this id")
    }
    // Whether it was done or not, if there is no answer.
    defer { authenticator.forget() }
    _ = try await store.revokeKey(id: id)
    return try .json(MessageObject(message: "The key lets nobody in any more."))
  }

  private func requireAdmin(_ context: APIContext) throws {
    if context.caller.isAdmin { return }
    throw APIError(
      .forbidden,
      authenticator.mode == .none
        ? "there are no keys here; the server runs without authentication"
        : "only admins may do this")
  }
}
