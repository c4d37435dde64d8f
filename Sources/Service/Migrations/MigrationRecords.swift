internal import Databases
internal import Glibc

/// The table `lynx_migrations`, read and written through the session that migrates.
struct MigrationRecords {
  let session: any MigrationSession

  /// All records; none if there is no table yet.
  func all() throws(DatabaseError) -> [MigrationRecord] {
    guard try session.recordsTableExists() else { return [] }
    let rows = try session.rows(
      """
      SELECT version, name, checksum, applied_at, duration_ms, dirty FROM \(session.recordsTable)
      """, [])
    var records: [MigrationRecord] = []
    for row in rows {
      guard row.count == 6, let text = row[0], let version = MigrationVersion(text) else {
        throw DatabaseError(
          .corrupt,
          "\(session.recordsTable) has a row whose version is no number; it is not a table that "
            + "lynx migrate keeps")
      }
      records.append(
        MigrationRecord(
          version: version, name: row[1] ?? "", checksum: row[2] ?? "",
          appliedAt: row[3].flatMap { Int64($0) } ?? 0,
          durationMilliseconds: row[4].flatMap { Int64($0) } ?? 0,
          unfinishedStatement: row[5].flatMap { Int($0) } ?? 0))
    }
    return records.sorted { $0.version < $1.version }
  }

  func createTable() throws(DatabaseError) {
    guard try !session.recordsTableExists() else { return }
    try session.run(
      """
      CREATE TABLE \(session.recordsTable) (
          version TEXT NOT NULL PRIMARY KEY,
          name TEXT NOT NULL,
          checksum TEXT NOT NULL,
          applied_at BIGINT NOT NULL,
          duration_ms BIGINT NOT NULL,
          dirty INTEGER NOT NULL DEFAULT 0
      )
      """)
  }

  /// Records `migration` as applied now; `unfinishedStatement` as in ``MigrationRecord``.
  func insert(
    _ migration: Migration, duration: Duration, unfinishedStatement: Int = 0
  ) throws(DatabaseError) {
    try change(
      """
      INSERT INTO \(session.recordsTable)
          (version, name, checksum, applied_at, duration_ms, dirty)
      VALUES ($1, $2, $3, $4, $5, $6)
      """,
      [
        migration.version.digits, migration.name, migration.up.checksum, String(time(nil)),
        String(duration.milliseconds()), String(unfinishedStatement),
      ])
  }

  func delete(_ version: MigrationVersion) throws(DatabaseError) {
    try change("DELETE FROM \(session.recordsTable) WHERE version = $1", [version.digits])
  }

  /// Says how far a migration without a transaction has come.
  func mark(_ version: MigrationVersion, unfinishedStatement: Int) throws(DatabaseError) {
    try change(
      "UPDATE \(session.recordsTable) SET dirty = $1 WHERE version = $2",
      [String(unfinishedStatement), version.digits])
  }

  func finish(_ version: MigrationVersion, duration: Duration) throws(DatabaseError) {
    try change(
      "UPDATE \(session.recordsTable) SET dirty = 0, duration_ms = $1 WHERE version = $2",
      [String(duration.milliseconds()), version.digits])
  }

  /// Takes the file as it is now for what was applied.
  func accept(_ migration: Migration, recordedAs version: MigrationVersion) throws(DatabaseError) {
    try change(
      "UPDATE \(session.recordsTable) SET checksum = $1, name = $2, dirty = 0 WHERE version = $3",
      [migration.up.checksum, migration.name, version.digits])
  }

  private func change(_ sql: String, _ parameters: [String?]) throws(DatabaseError) {
    _ = try session.rows(sql, parameters)
  }
}
