public import Databases
public import Links
internal import Synchronization

/// Links in a SQLite file: one connection writes, a few read beside it.
///
/// What waits to be written together is committed together, with `synchronous=FULL`: the write-ahead
/// log is fdatasync'ed before any of it is answered (https://sqlite.org/wal.html).
public final class SQLiteLinkStore: LinkStore {
  private let path: String
  let reader: SQLiteWorker
  let writer: SQLiteWorker
  /// Those who look for what others commit.
  private let watchers = ConnectionCount()
  private let watching = Mutex<[@Sendable () -> Void]>([])

  /// Opens the file, which has to have the Lynx schema.
  ///
  /// - Throws: `DatabaseError` if it cannot be opened.
  public init(path: String, access: SQLiteConnection.Access = .readWrite, readers: Int = 2) throws {
    self.path = path
    let writing = try SQLiteConnection(path: path, options: .init(access: access))
    writer = try SQLiteWorker([writing], writes: true)
    // Another connection to a database in memory would be to another database.
    if path == ":memory:" {
      reader = writer
      return
    }
    var connections: [SQLiteConnection] = []
    for _ in 0..<max(1, readers) {
      connections.append(try SQLiteConnection(path: path, options: .init(access: .readOnly)))
    }
    reader = try SQLiteWorker(connections, writes: false)
  }

  /// Returns when every connection is closed, that which writes last: the last one to be closed takes the
  /// write-ahead log into the file and removes it, which a reader may not (https://sqlite.org/wal.html,
  /// section 4).
  public func close() async {
    for end in watching.withLock({ $0 }) { end() }
    await watchers.untilNone()
    reader.close()
    await reader.untilEnd()
    writer.close()
    await writer.untilEnd()
  }

  public func hints(
    _ tell: @escaping @Sendable (ChangeHint) -> Void
  ) throws(LinkError) -> any ChangeHints {
    if path == ":memory:" { return NoHints() }
    let hints = try SQLiteHints(path: path, watchers, tell)
    watching.withLock { $0.append { [weak hints] in hints?.end() } }
    return hints
  }

  public func ping() async throws(LinkError) {
    try await reader.run { session in
      let row = try session.statement("SELECT 1 FROM urls LIMIT 1")
      // One that is at a row keeps its connection at the state of that moment.
      defer { row.reset() }
      _ = try row.step()
    }
  }
}

extension SQLiteSession {
  static let linkColumns =
    "id, short_code, original_url, created_at, created_by, clicks, is_active, updated_at, version"

  /// The row of ``linkColumns`` that a statement is at.
  static func link(_ row: SQLiteStatement) -> Link {
    Link(
      id: row.int64(at: 0) ?? 0, code: row.text(at: 1) ?? "", destination: row.text(at: 2) ?? "",
      createdAt: row.int64(at: 3) ?? 0, createdBy: row.text(at: 4), clicks: row.int64(at: 5) ?? 0,
      isActive: row.int64(at: 6) != 0, updatedAt: row.int64(at: 7) ?? 0,
      version: row.int64(at: 8) ?? 0)
  }

  /// Throws `LinkError.notFound` if no link has the code.
  func link(code: String) throws -> Link {
    let row = try statement(
      "SELECT \(Self.linkColumns) FROM urls WHERE short_code = ?", .text(code))
    defer { row.reset() }
    guard try row.step() else { throw LinkError.notFound("the short code '\(code)'") }
    return Self.link(row)
  }

  func rows<Row>(
    of statement: SQLiteStatement, _ row: (SQLiteStatement) -> Row
  ) throws(DatabaseError) -> [Row] {
    defer { statement.reset() }
    var rows: [Row] = []
    while try statement.step() { rows.append(row(statement)) }
    return rows
  }
}
