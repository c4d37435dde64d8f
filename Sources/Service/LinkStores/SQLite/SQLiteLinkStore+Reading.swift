internal import Databases
public import Links

extension SQLiteLinkStore {
  public func link(code: String) async throws(LinkError) -> Link {
    try await reader.run { try $0.link(code: code) }
  }

  public func targets(of codes: [String]) async throws(LinkError) -> [Target?] {
    try await reader.run { session in
      // One state for all of them; a single statement is one by itself.
      let isOneState = codes.count > 1 && !session.connection.isInTransaction
      if isOneState { try session.run("BEGIN") }
      defer { if isOneState { _ = try? session.run("COMMIT") } }
      return try codes.map { try session.target(of: $0) }
    }
  }

  public func lookUp(
    _ code: String, _ answer: @escaping @Sendable (Result<Target?, LinkError>) -> Void
  ) {
    reader.run({ try $0.target(of: code) }, answer)
  }

  public func links(_ query: LinkQuery) async throws(LinkError) -> LinkPage {
    try await reader.run { session in
      var conditions: [String] = []
      var values: [SQLiteValue] = []
      func require(_ condition: String, _ parameters: SQLiteValue...) {
        conditions.append(condition)
        values += parameters
      }
      if let text = query.text {
        if text.unicodeScalars.count >= 3 {
          // The index folds more than ASCII's case: it finds candidates, the condition below decides.
          let phrase = Self.phrase(text)
          require(
            """
            id IN (SELECT rowid FROM urls_fts_code WHERE urls_fts_code MATCH ?
              UNION SELECT rowid FROM urls_fts_url WHERE urls_fts_url MATCH ?)
            """, .text(phrase), .text(phrase))
        }
        require(
          "(instr(short_code, ?) > 0 OR instr(lower(original_url), lower(?)) > 0)", .text(text),
          .text(text))
      }
      if let user = query.createdBy { require("created_by = ?", .text(user)) }
      if let first = query.createdFrom { require("created_at >= ?", .integer(first)) }
      if let last = query.createdTo { require("created_at <= ?", .integer(last)) }
      if let isActive = query.isActive { require(isActive ? "is_active <> 0" : "is_active = 0") }
      if let after = query.after {
        require("(created_at, id) < (?, ?)", .integer(after.createdAt), .integer(after.id))
      }
      let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
      let statement = try session.statement(
        """
        SELECT \(SQLiteSession.linkColumns) FROM urls \(filter)
        ORDER BY created_at DESC, id DESC LIMIT ?
        """, values + [.integer(Int64(query.limit + 1))])
      let links = try session.rows(of: statement, SQLiteSession.link)
      return LinkPage(
        links: Array(links.prefix(query.limit)), hasMore: links.count > query.limit)
    }
  }

  public func history(code: String) async throws(LinkError) -> [HistoryEntry] {
    try await reader.run { session in
      let statement = try session.statement(
        """
        SELECT id, short_code, historic_url, changed_at, changed_by FROM url_history
        WHERE short_code = ? ORDER BY changed_at DESC, id DESC
        """, .text(code))
      let entries = try session.rows(of: statement) {
        HistoryEntry(
          id: $0.int64(at: 0) ?? 0, code: $0.text(at: 1) ?? "", destination: $0.text(at: 2) ?? "",
          changedAt: $0.int64(at: 3) ?? 0, changedBy: $0.text(at: 4))
      }
      if entries.isEmpty { _ = try session.link(code: code) }
      return entries
    }
  }

  public func counts() async throws(LinkError) -> LinkCounts {
    try await reader.run { session in
      let statement = try session.statement(
        """
        SELECT count(*), coalesce(sum(is_active <> 0), 0), coalesce(sum(clicks >> 32), 0),
          coalesce(sum(clicks & 4294967295), 0) FROM urls
        """)
      return try session.rows(of: statement) {
        // In two parts, since SQLite's sum fails where it overflows.
        let high = ($0.int64(at: 2) ?? 0).multipliedReportingOverflow(by: 1 << 32)
        let clicks = high.partialValue.addingReportingOverflow($0.int64(at: 3) ?? 0)
        return LinkCounts(
          links: $0.int64(at: 0) ?? 0, activeLinks: $0.int64(at: 1) ?? 0,
          clicks: high.overflow || clicks.overflow ? .max : clicks.partialValue)
      }.first ?? LinkCounts(links: 0, activeLinks: 0, clicks: 0)
    }
  }

  public func changes(since updatedAt: Int64) async throws(LinkError) -> LinkChanges {
    try await reader.run { session in
      // Before the rows: what is committed later has this second or a later one, but for what took
      // its time.
      let clock = Self.now()
      let statement = try session.statement(
        "SELECT short_code, version, updated_at FROM urls WHERE updated_at >= ?",
        .integer(updatedAt))
      let changes = try session.rows(of: statement) {
        LinkChange(
          code: $0.text(at: 0) ?? "", version: $0.int64(at: 1) ?? 0, updatedAt: $0.int64(at: 2) ?? 0
        )
      }
      return LinkChanges(changes: changes, clock: clock)
    }
  }

  /// A text as FTS5 takes it literally. By code points: a quote with an accent is no `"` to Swift.
  private static func phrase(_ text: String) -> String {
    var phrase = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" { phrase += "\"" }
      phrase.unicodeScalars.append(scalar)
    }
    return phrase + "\""
  }
}

extension SQLiteSession {
  fileprivate func target(of code: String) throws(DatabaseError) -> Target? {
    let row = try statement(
      "SELECT id, original_url, is_active, version FROM urls WHERE short_code = ?", .text(code))
    defer { row.reset() }
    guard try row.step() else { return nil }
    return Target(
      id: row.int64(at: 0) ?? 0, destination: row.text(at: 1) ?? "",
      isActive: row.int64(at: 2) != 0, version: row.int64(at: 3) ?? 0)
  }
}
