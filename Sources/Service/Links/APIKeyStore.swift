/// Where the keys of the API are kept. All nodes of one service see the same. What a writing call returned
/// survives the end of the process and of the machine, as with ``LinkStore``.
public protocol APIKeyStore: Sendable {
  /// Stores a key.
  func createKey(_ new: NewAPIKey) async throws(LinkError) -> APIKey

  /// Stores a key if there is no admin's key that is not revoked; nil if there is. Of several nodes that
  /// ask at once one stores its own.
  func createFirstKey(_ new: NewAPIKey) async throws(LinkError) -> APIKey?

  /// The key with a hash, revoked or not; nil if there is none.
  func key(hash: APIKeyHash) async throws(LinkError) -> APIKey?

  /// All keys, revoked ones too, newest first.
  func keys() async throws(LinkError) -> [APIKey]

  /// Lets nobody in with a key any more. Idempotent: a revoked key stays revoked since when it was. Throws
  /// ``LinkError/notFound(_:)``.
  func revokeKey(id: Int64) async throws(LinkError) -> APIKey
}

extension APIKeyStore {
  /// Makes the key of the first admin where there is none: on a new database, or after the last one was
  /// revoked. The key and its secret, which can be shown this once; nil if there is an admin's key.
  public func ensureFirstKey(
    name: String = "admin"
  ) async throws(LinkError) -> (key: APIKey, secret: APIKeySecret)? {
    var generator = SystemRandomNumberGenerator()
    let secret = APIKeySecret(using: &generator)
    let new = try NewAPIKey(name: name, hash: secret.hash, isAdmin: true, createdBy: nil)
    return try await createFirstKey(new).map { ($0, secret) }
  }
}
