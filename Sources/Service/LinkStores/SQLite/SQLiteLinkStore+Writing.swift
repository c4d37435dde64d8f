internal import Databases
public import Links
internal import LinuxSystem

extension SQLiteLinkStore {
  public func create(_ new: NewLink) async throws(LinkError) -> Link {
    try await writer.run { session in
      let now = Self.now()
      let row = try session.statement(
        """
        INSERT INTO urls (short_code, original_url, created_at, created_by, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?3) ON CONFLICT (short_code) DO NOTHING RETURNING id
        """, .text(new.code.text), .text(new.destination.text), .integer(now),
        .text(new.createdBy))
      // A statement that returns rows has changed them all with its first step, and ends with the
      // next (https://sqlite.org/lang_returning.html).
      guard let id = try session.rows(of: row, { $0.int64(at: 0) ?? 0 }).first else {
        throw LinkError.codeTaken(new.code.text)
      }
      return Link(
        id: id, code: new.code.text, destination: new.destination.text, createdAt: now,
        createdBy: new.createdBy, clicks: 0, isActive: true, updatedAt: now, version: 1)
    }
  }

  public func update(
    code: String, destination: Destination, by user: String?
  ) async throws(LinkError) -> Link {
    try await writer.run { session in
      try session.atomically { try Self.update(code, destination.text, by: user, session) }
    }
  }

  public func restore(
    code: String, entry: Int64, by user: String?
  ) async throws(LinkError) -> Link {
    try await writer.run { session in
      try session.atomically {
        let row = try session.statement(
          "SELECT historic_url FROM url_history WHERE id = ? AND short_code = ?", .integer(entry),
          .text(code))
        guard let former = try session.rows(of: row, { $0.text(at: 0) ?? "" }).first else {
          _ = try session.link(code: code)
          throw LinkError.notFound("the history entry \(entry) of the short code '\(code)'")
        }
        return try Self.update(code, former, by: user, session)
      }
    }
  }

  private static func update(
    _ code: String, _ destination: String, by user: String?, _ session: SQLiteSession
  ) throws -> Link {
    var link = try session.link(code: code)
    if link.destination == destination { return link }
    let now = now()
    try session.run(
      """
      INSERT INTO url_history (short_code, historic_url, changed_at, changed_by)
      VALUES (?, ?, ?, ?)
      """, .text(code), .text(link.destination), .integer(now), .text(user))
    link.destination = destination
    return try change(link, now, session)
  }

  public func setActive(code: String, _ isActive: Bool) async throws(LinkError) -> Link {
    try await writer.run { session in
      var link = try session.link(code: code)
      if link.isActive == isActive { return link }
      link.isActive = isActive
      return try Self.change(link, Self.now(), session)
    }
  }

  /// Writes a link's destination and state, and makes it newer.
  private static func change(_ link: Link, _ now: Int64, _ session: SQLiteSession) throws -> Link {
    var link = link
    link.version += 1
    link.updatedAt = max(now, link.updatedAt)
    try session.run(
      """
      UPDATE urls SET original_url = ?, is_active = ?, updated_at = ?, version = version + 1
      WHERE id = ?
      """, .text(link.destination), .integer(link.isActive ? 1 : 0), .integer(link.updatedAt),
      .integer(link.id))
    return link
  }

  public func add(_ clicks: ClickBatch) async throws(LinkError) -> Int64? {
    try await writer.run { session in
      try session.atomically {
        let now = Self.now()
        let isNew = try session.run(
          """
          INSERT INTO click_batches (batch_id, applied_at) VALUES (?, ?)
          ON CONFLICT (batch_id) DO NOTHING
          """, .text(clicks.id), .integer(now))
        guard isNew == 1 else { return nil }
        var added = ClickBatch(id: clicks.id, counts: [])
        // SQLite would make a number too large for an integer a rounded one.
        for count in clicks.counts where count.clicks > 0 {
          let found = try session.run(
            """
            UPDATE urls SET clicks = CASE WHEN clicks > 9223372036854775807 - ?1
              THEN 9223372036854775807 ELSE clicks + ?1 END WHERE id = ?2
            """, .integer(count.clicks), .integer(count.linkID))
          if found == 1 { added.counts.append(count) }
        }
        try session.run(
          "DELETE FROM click_batches WHERE applied_at < ?", .integer(now - ClickBatch.memorySeconds)
        )
        return added.total
      }
    }
  }

  public func advanceIDs() async throws(LinkError) {
    try await writer.run { session in
      let floor = LinkID.floor(atUnixSeconds: Self.now()) - 1
      // What AUTOINCREMENT goes by (SQLite, "Autoincrement"): a row a table, once it had one.
      try session.atomically {
        try session.run(
          """
          INSERT INTO sqlite_sequence (name, seq) SELECT 'urls', 0
          WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'urls')
          """)
        try session.run(
          "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'urls'", .integer(floor))
      }
    }
  }

  /// Seconds since 1970. The clock of all who share the file, since they share its machine.
  static func now() -> Int64 { Int64(Clock.wallNanoseconds / 1_000_000_000) }

  public func setting(_ name: String, orSet value: String) async throws(LinkError) -> String {
    try await writer.run { session in
      try session.run(
        """
        INSERT INTO settings (name, value, updated_at) VALUES (?, ?, ?)
        ON CONFLICT (name) DO NOTHING
        """, .text(name), .bytes(Array(value.utf8)), .integer(Self.now()))
      let row = try session.statement("SELECT value FROM settings WHERE name = ?", .text(name))
      return try session.rows(of: row) {
        String(decoding: $0.bytes(at: 0) ?? [], as: UTF8.self)
      }.first ?? value
    }
  }
}
