internal import Databases
internal import Links

/// The SQL of the store.
enum PostgresStatements {
  static let linkColumns =
    "id, short_code, original_url, created_at, created_by, clicks, is_active, updated_at, version"

  /// Seconds since 1970, by the database's clock: that of a node may be minutes behind, and what it
  /// wrote would be older than what others look for. The moment itself, not the transaction's start,
  /// so that little time passes between it and the commit.
  private static let now = "floor(extract(epoch FROM clock_timestamp()))::bigint"

  static let targets = PostgresStatement(
    "targets",
    """
    SELECT short_code, id, original_url, is_active, version FROM urls WHERE short_code = ANY ($1)
    """, [.textArray])

  /// The targets in the order of the codes.
  static func targets(_ rows: PostgresRows, of codes: CodeList) -> [Target?] {
    var targets = [Target?](repeating: nil, count: codes.count)
    for row in 0..<rows.count {
      let target = Target(
        id: rows.int64(row, 1) ?? 0, destination: rows.text(row, 2) ?? "",
        isActive: rows.bool(row, 3) ?? false, version: rows.int64(row, 4) ?? 0)
      rows.withBytes(row, 0) { code in
        codes.forEachPosition(of: code) { targets[$0] = target }
      }
    }
    return targets
  }

  static let create = PostgresStatement(
    "create",
    """
    INSERT INTO urls (short_code, original_url, created_at, created_by, updated_at)
    SELECT code, destination, now, creator, now
    FROM unnest($1, $2, $3) AS new (code, destination, creator), (SELECT \(now) AS now) AS clock
    ON CONFLICT (short_code) DO NOTHING RETURNING id, short_code, created_at
    """, [.textArray, .textArray, .textArray])

  static func created(_ rows: PostgresRows) -> [CodeKey: (id: Int64, createdAt: Int64)] {
    var created: [CodeKey: (id: Int64, createdAt: Int64)] = [:]
    for row in 0..<rows.count {
      created[CodeKey(text: rows.text(row, 1) ?? "")] = (
        rows.int64(row, 0) ?? 0, rows.int64(row, 2) ?? 0
      )
    }
    return created
  }

  static let link = PostgresStatement(
    "link", "SELECT \(linkColumns) FROM urls WHERE short_code = $1", [.text])

  /// The rows of ``linkColumns``.
  static func links(_ rows: PostgresRows) -> [Link] {
    (0..<rows.count).map { row in
      Link(
        id: rows.int64(row, 0) ?? 0, code: rows.text(row, 1) ?? "",
        destination: rows.text(row, 2) ?? "", createdAt: rows.int64(row, 3) ?? 0,
        createdBy: rows.text(row, 4), clicks: rows.int64(row, 5) ?? 0,
        isActive: rows.bool(row, 6) ?? false, updatedAt: rows.int64(row, 7) ?? 0,
        version: rows.int64(row, 8) ?? 0)
    }
  }

  /// The link is locked and read as it is after whoever changed it at the same time; what follows
  /// goes by that row alone.
  private static func change(
    _ name: String, to destination: String, sources: String,
    _ types: [PostgresStatement.ParameterType]
  ) -> PostgresStatement {
    PostgresStatement(
      name,
      """
      WITH \(sources)old AS (
        SELECT \(linkColumns), \(destination) AS target, \(now) AS now
        FROM urls WHERE short_code = $1 FOR UPDATE
      ), kept AS (
        INSERT INTO url_history (short_code, historic_url, changed_at, changed_by)
        SELECT short_code, original_url, now, $3 FROM old WHERE original_url <> target
      ), changed AS (
        UPDATE urls SET original_url = old.target,
          updated_at = greatest(old.updated_at, old.now), version = old.version + 1
        FROM old WHERE urls.id = old.id AND old.original_url <> old.target
        RETURNING \(changedColumns)
      )
      SELECT \(linkColumns), TRUE FROM changed
      UNION ALL
      SELECT \(linkColumns), FALSE FROM old WHERE original_url = target
      """, types)
  }

  private static let changedColumns =
    linkColumns.split(separator: ", ").map { "urls.\($0)" }.joined(separator: ", ")

  static let update = change("update", to: "$2::text", sources: "", [.text, .text, .text])

  static let restore = change(
    "restore", to: "(SELECT historic_url FROM entry)",
    sources: "entry AS (SELECT historic_url FROM url_history WHERE id = $2 AND short_code = $1), ",
    [.text, .int64, .text])

  static let setActive = PostgresStatement(
    "set-active",
    """
    WITH old AS (
      SELECT \(linkColumns), \(now) AS now FROM urls WHERE short_code = $1 FOR UPDATE
    ), changed AS (
      UPDATE urls SET is_active = $2, updated_at = greatest(old.updated_at, old.now),
        version = old.version + 1
      FROM old WHERE urls.id = old.id AND old.is_active <> $2
      RETURNING \(changedColumns)
    )
    SELECT \(linkColumns), TRUE FROM changed
    UNION ALL
    SELECT \(linkColumns), FALSE FROM old WHERE is_active = $2
    """, [.text, .bool])

  static let history = PostgresStatement(
    "history",
    """
    SELECT id, short_code, historic_url, changed_at, changed_by FROM url_history
    WHERE short_code = $1 ORDER BY changed_at DESC, id DESC
    """, [.text])

  static let counts = PostgresStatement(
    "counts",
    """
    SELECT count(*), count(*) FILTER (WHERE is_active),
      least(coalesce(sum(clicks), 0), 9223372036854775807)::bigint FROM urls
    """)

  /// Rows are locked in the order of ids, as on every other node, before any is changed.
  static let addClicks = PostgresStatement(
    "add-clicks",
    """
    WITH batch AS (
      INSERT INTO click_batches (batch_id, applied_at) VALUES ($1, \(now))
      ON CONFLICT (batch_id) DO NOTHING RETURNING batch_id
    ), locked AS (
      SELECT id FROM urls WHERE id = ANY ($2) AND EXISTS (SELECT FROM batch)
      ORDER BY id FOR NO KEY UPDATE
    ), added AS (
      UPDATE urls SET clicks = CASE
          WHEN urls.clicks > 9223372036854775807 - new.clicks THEN 9223372036854775807
          ELSE urls.clicks + new.clicks END
      FROM unnest($2, $3) AS new (id, clicks) JOIN locked USING (id) WHERE urls.id = new.id
    )
    SELECT count(*), least(9223372036854775807, (
        SELECT coalesce(sum(new.clicks), 0)
        FROM unnest($2, $3) AS new (id, clicks) JOIN locked USING (id)))::bigint
    FROM batch
    """, [.text, .int64Array, .int64Array])

  /// One node after the other: each looks where ids are and sets them forward if they are behind.
  static let lockIDs = PostgresStatement(
    "lock-ids", "SELECT pg_advisory_xact_lock('urls'::regclass::bigint)")

  static let advanceIDs = PostgresStatement(
    "advance-ids",
    """
    SELECT setval(ids, floor) FROM (
      SELECT pg_get_serial_sequence('urls', 'id')::regclass AS ids,
        \(now) * \(LinkID.floor(atUnixSeconds: 1)) AS floor
    ) AS known WHERE nextval(ids) < floor
    """)

  static let forgetBatches = PostgresStatement(
    "forget-batches",
    "DELETE FROM click_batches WHERE applied_at < \(now) - \(ClickBatch.memorySeconds)")

  static let proposeSetting = PostgresStatement(
    "propose-setting",
    """
    INSERT INTO settings (name, value, updated_at) VALUES ($1, $2, \(now))
    ON CONFLICT (name) DO NOTHING
    """, [.text, .bytes])

  static let setting = PostgresStatement(
    "setting", "SELECT value FROM settings WHERE name = $1", [.text])

  static let clock = PostgresStatement("clock", "SELECT \(now)")

  static let changes = PostgresStatement(
    "changes", "SELECT short_code, version, updated_at FROM urls WHERE updated_at >= $1", [.int64])

  /// For the rest of the transaction: which index serves a search depends on what is searched for, and
  /// those of trigrams are read by bitmap.
  static let planForValues = PostgresStatement(
    "plan-for-values",
    """
    SELECT set_config('enable_bitmapscan', 'on', true), set_config('enable_seqscan', 'on', true),
      CASE WHEN current_setting('server_version_num')::integer >= 120000
        THEN set_config('plan_cache_mode', 'force_custom_plan', true) END
    """)

  /// A payload each, to all who listen.
  static let announce = PostgresStatement(
    "announce", "SELECT pg_notify('\(ChangeNotice.channel)', payload) FROM unnest($1) AS payload",
    [.textArray])

  static let ping = PostgresStatement("ping", "SELECT id FROM urls LIMIT 1")
}
