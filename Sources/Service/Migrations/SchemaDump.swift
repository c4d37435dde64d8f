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

  /// The rows of `lynx_migrations` as SQL, so that what a dump makes is known to be migrated. When and
  /// how fast differs from machine to machine and is left out: the same schema gives the same text.
  public func recordsAsSQL() throws(MigrationError) -> String {
    let session = try openExisting()
    let records = try attempt { () throws(DatabaseError) in
      try MigrationRecords(session: session).all()
    }
    return records.map { record in
      let texts = [record.version.digits, record.name, record.checksum].map {
        Self.literal($0)
      }
      let numbers = ["0", "0", String(record.unfinishedStatement)]
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

  /// What `pg_dump` wrote, without what differs each time or from machine to machine: the key of
  /// `\restrict`, which tells psql that nothing but SQL may follow, and the versions of programs.
  public static func settled(postgresDump dump: [UInt8]) -> [UInt8] {
    var lines = dump.split(separator: 0x0A, omittingEmptySubsequences: false)
    func hasPrefix(_ line: ArraySlice<UInt8>, _ text: String) -> Bool {
      line.starts(with: text.utf8)
    }
    // At the head only: further down such a line could be part of a function.
    let head = lines.firstIndex { line in
      !line.isEmpty && !hasPrefix(line, "--") && !hasPrefix(line, "\\restrict ")
    }
    var key: ArraySlice<UInt8>?
    for index in (0..<(head ?? lines.count)).reversed() {
      let isKey = hasPrefix(lines[index], "\\restrict ")
      if isKey { key = lines[index].dropFirst("\\restrict ".utf8.count) }
      let isSecondEmptyLine = index > 0 && lines[index].isEmpty && lines[index - 1].isEmpty
      if isKey || isSecondEmptyLine || hasPrefix(lines[index], "-- Dumped ") {
        lines.remove(at: index)
        // Versions of pg_dump differ in the empty lines around these.
        if index > 0, index < lines.count, lines[index].isEmpty, lines[index - 1].isEmpty {
          lines.remove(at: index)
        }
      }
    }
    if let key {
      let end = Array("\\unrestrict ".utf8) + key
      if let index = lines.lastIndex(where: { $0.elementsEqual(end) }) { lines.remove(at: index) }
    }
    while let last = lines.last, last.isEmpty { lines.removeLast() }
    return Array(lines.joined(separator: [0x0A])) + [0x0A]
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
