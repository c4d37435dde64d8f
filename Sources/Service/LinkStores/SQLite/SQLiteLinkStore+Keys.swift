internal import Databases
public import Links

extension SQLiteLinkStore: APIKeyStore {
  public func createKey(_ new: NewAPIKey) async throws(LinkError) -> APIKey {
    try await insert(new, "VALUES (?, ?, ?, ?, ?)").get("the key was not stored")
  }

  public func createFirstKey(_ new: NewAPIKey) async throws(LinkError) -> APIKey? {
    // The writing transaction has the database for itself.
    try await insert(
      new,
      """
      SELECT ?, ?, ?, ?, ?
      WHERE NOT EXISTS (SELECT 1 FROM api_keys WHERE is_admin <> 0 AND revoked_at IS NULL)
      """)
  }

  private func insert(_ new: NewAPIKey, _ source: String) async throws(LinkError) -> APIKey? {
    try await writer.run { session in
      let row = try session.statement(
        """
        INSERT INTO api_keys (name, key_hash, is_admin, created_at, created_by) \(source)
        RETURNING \(Self.keyColumns)
        """, .text(new.name), .bytes(new.hash.bytes), .integer(new.isAdmin ? 1 : 0),
        .integer(Self.now()), .text(new.createdBy))
      return try session.rows(of: row, Self.key).first
    }
  }

  public func key(hash: APIKeyHash) async throws(LinkError) -> APIKey? {
    try await reader.run { session in
      let row = try session.statement(
        "SELECT \(Self.keyColumns), key_hash FROM api_keys WHERE key_hash = ?", .bytes(hash.bytes))
      return try session.rows(of: row) { row -> APIKey? in
        APIKeyHash(storedBytes: row.bytes(at: 6) ?? []) == hash ? Self.key(row) : nil
      }.first ?? nil
    }
  }

  public func keys() async throws(LinkError) -> [APIKey] {
    try await reader.run { session in
      let rows = try session.statement("SELECT \(Self.keyColumns) FROM api_keys ORDER BY id DESC")
      return try session.rows(of: rows, Self.key)
    }
  }

  public func revokeKey(id: Int64) async throws(LinkError) -> APIKey {
    try await writer.run { session in
      let row = try session.statement(
        """
        UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?
        RETURNING \(Self.keyColumns)
        """, .integer(Self.now()), .integer(id))
      guard let key = try session.rows(of: row, Self.key).first else {
        throw LinkError.notFound("the key \(id)")
      }
      return key
    }
  }

  private static let keyColumns = "id, name, is_admin, created_at, created_by, revoked_at"

  private static func key(_ row: SQLiteStatement) -> APIKey {
    APIKey(
      id: row.int64(at: 0) ?? 0, name: row.text(at: 1) ?? "", isAdmin: row.int64(at: 2) != 0,
      createdAt: row.int64(at: 3) ?? 0, createdBy: row.text(at: 4), revokedAt: row.int64(at: 5))
  }
}

extension Optional where Wrapped == APIKey {
  /// Throws `LinkError.unavailable` with the reason if there is none.
  func get(_ reason: String) throws(LinkError) -> APIKey {
    guard let self else { throw .unavailable(reason: reason, retryAfter: nil) }
    return self
  }
}
