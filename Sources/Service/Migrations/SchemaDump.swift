internal import Databases

extension Migrator {
  /// The schema of a SQLite database as SQL that makes the same again, without rows.
  ///
  /// - Throws: ``MigrationError/Kind/missingInput`` if there is no database.
  public func sqliteSchema() throws(MigrationError) -> String {
    let session = try openExisting()
    let statements = try attempt { () throws(DatabaseError) in
      // Shadow tables are made by the virtual tables they belong to.
      try session.rows(
        """
        SELECT sql FROM main.sqlite_master
        WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
          AND name NOT IN (
            SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow')
        ORDER BY rowid
        """, [])
    }
    return statements.compactMap { $0.first.flatMap { $0 } }.map { $0 + ";\n" }.joined()
  }

  /// The rows of `lynx_migrations` as SQL, so that what a dump makes is known to be migrated.
  public func recordsAsSQL() throws(MigrationError) -> String {
    let session = try openExisting()
    let records = try attempt { () throws(DatabaseError) in
      try MigrationRecords(session: session).all()
    }
    return records.map { record in
      let texts = [record.version.digits, record.name, record.checksum].map {
        Self.literal($0)
      }
      let numbers = [
        record.appliedAt, record.durationMilliseconds, Int64(record.unfinishedStatement),
      ].map { String($0) }
      return
        "INSERT INTO \(session.recordsTable) (version, name, checksum, applied_at, duration_ms, dirty)"
        + " VALUES (\((texts + numbers).joined(separator: ", ")));\n"
    }.joined()
  }

  /// By code points: to Swift, a quote with an accent on it is no quote.
  private static func literal(_ text: String) -> String {
    var literal = "'"
    for scalar in text.unicodeScalars {
      literal.unicodeScalars.append(scalar)
      if scalar == "'" { literal.unicodeScalars.append(scalar) }
    }
    return literal + "'"
  }

  /// How `pg_dump` is called to write the schema of a PostgreSQL database; nil for SQLite. The
  /// password goes by the environment, since everybody on the machine can read command lines.
  public func postgresDump() throws(MigrationError) -> (
    command: [String], environment: [(name: String, value: String)]
  )? {
    guard case .postgres(let conninfo) = database.engine else { return nil }
    let url = PostgresURLText(conninfo)
    guard !url.hasPasswordOfKey else {
      throw MigrationError(
        .usage,
        "a URL with sslpassword cannot be handed to pg_dump without showing it; use a key without one"
      )
    }
    return (
      [
        "pg_dump", "--schema-only", "--no-owner", "--no-privileges",
        "--dbname=" + url.withoutPassword,
      ],
      url.password.map { [("PGPASSWORD", $0)] } ?? []
    )
  }

  private func openExisting() throws(MigrationError) -> any MigrationSession {
    guard try DatabaseAdministration(database).exists() else {
      throw MigrationError(
        .database(.unreachable), "there is no database \(database); make it with lynx migrate up")
    }
    return try open(isWriter: false)
  }
}
