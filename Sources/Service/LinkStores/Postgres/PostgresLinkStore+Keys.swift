internal import Databases
public import Links

extension PostgresLinkStore: APIKeyStore {
  public func createKey(_ new: NewAPIKey) async throws(LinkError) -> APIKey {
    try await run([(PostgresKeyStatements.create, Self.parameters(new))]) {
      PostgresKeyStatements.keys($0[0]).first
    }.get("the key was not stored")
  }

  public func createFirstKey(_ new: NewAPIKey) async throws(LinkError) -> APIKey? {
    try await run([
      (PostgresKeyStatements.lockForFirst, []),
      (PostgresKeyStatements.createFirst, Self.parameters(new)),
    ]) { PostgresKeyStatements.keys($0[1]).first }
  }

  private static func parameters(_ new: NewAPIKey) -> [PostgresParameter] {
    [
      .text(new.name), .bytes(new.hash.bytes), .bool(new.isAdmin),
      new.createdBy.map { .text($0) } ?? .null,
    ]
  }

  public func key(hash: APIKeyHash) async throws(LinkError) -> APIKey? {
    try await run([(PostgresKeyStatements.key, [.bytes(hash.bytes)])]) { answers in
      let rows = answers[0]
      guard rows.count > 0, APIKeyHash(storedBytes: rows.bytes(0, 6) ?? []) == hash else {
        return nil
      }
      return PostgresKeyStatements.keys(rows).first
    }
  }

  public func keys() async throws(LinkError) -> [APIKey] {
    try await run([(PostgresKeyStatements.all, [])]) { PostgresKeyStatements.keys($0[0]) }
  }

  public func revokeKey(id: Int64) async throws(LinkError) -> APIKey {
    let key = try await run([(PostgresKeyStatements.revoke, [.int64(id)])]) {
      PostgresKeyStatements.keys($0[0]).first
    }
    guard let key else { throw .notFound("the key \(id)") }
    return key
  }
}

/// The SQL of keys.
private enum PostgresKeyStatements {
  private static let columns = "id, name, is_admin, created_at, created_by, revoked_at"
  private static let now = "floor(extract(epoch FROM clock_timestamp()))::bigint"

  static func keys(_ rows: PostgresRows) -> [APIKey] {
    (0..<rows.count).map { row in
      APIKey(
        id: rows.int64(row, 0) ?? 0, name: rows.text(row, 1) ?? "",
        isAdmin: rows.bool(row, 2) ?? false, createdAt: rows.int64(row, 3) ?? 0,
        createdBy: rows.text(row, 4), revokedAt: rows.int64(row, 5))
    }
  }

  static let create = PostgresStatement(
    "create-key",
    """
    INSERT INTO api_keys (name, key_hash, is_admin, created_at, created_by)
    VALUES ($1, $2, $3, \(now), $4) RETURNING \(columns)
    """, [.text, .bytes, .bool, .text])

  /// Held until the transaction ends: who waited for it finds the key of who came first. Its number is
  /// "key" in ASCII.
  static let lockForFirst = PostgresStatement(
    "lock-for-first-key", "SELECT TRUE FROM pg_advisory_xact_lock(7038329)")

  static let createFirst = PostgresStatement(
    "create-first-key",
    """
    INSERT INTO api_keys (name, key_hash, is_admin, created_at, created_by)
    SELECT $1::text, $2::bytea, $3::boolean, \(now), $4::text
    WHERE NOT EXISTS (SELECT FROM api_keys WHERE is_admin AND revoked_at IS NULL)
    RETURNING \(columns)
    """, [.text, .bytes, .bool, .text])

  static let key = PostgresStatement(
    "key", "SELECT \(columns), key_hash FROM api_keys WHERE key_hash = $1", [.bytes])

  static let all = PostgresStatement(
    "keys", "SELECT \(columns) FROM api_keys ORDER BY id DESC")

  static let revoke = PostgresStatement(
    "revoke-key",
    """
    UPDATE api_keys SET revoked_at = coalesce(revoked_at, \(now)) WHERE id = $1
    RETURNING \(columns)
    """, [.int64])
}
