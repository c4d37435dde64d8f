internal import Databases

/// A SQLite file being migrated.
///
/// Foreign keys are not enforced meanwhile, which is SQLite's own default and what its procedure for
/// changing tables needs (https://sqlite.org/lang_altertable.html, section 7): inside a transaction
/// they could not be switched off. Instead, rows that lead nowhere are counted before and after.
final class SQLiteMigrationSession: MigrationSession {
  private let connection: SQLiteConnection
  private var lockFile: SQLiteMigrationLock?
  /// How many rows lead nowhere, and SQLite's number that grows when others change something.
  private var broken: (dataVersion: String, count: Int)?

  init(
    path: String, access: SQLiteConnection.Access, usesWAL: Bool, lockTimeout: Duration
  ) throws(DatabaseError) {
    connection = try SQLiteConnection(
      path: path,
      options: .init(
        access: access, busyTimeoutMilliseconds: lockTimeout.milliseconds(), usesWAL: usesWAL))
    try settle()
  }

  func run(_ statement: String) throws(DatabaseError) {
    let (prepared, _) = try connection.prepareNext(of: statement, from: 0)
    try prepared?.run()
  }

  func run(_ statements: [String], completed: inout Int) throws(DatabaseError) {
    for statement in statements {
      try run(statement)
      completed += 1
    }
  }

  var canceller: @Sendable () -> Void {
    let interrupter = connection.interrupter
    return { interrupter.interrupt() }
  }

  func takeNotices() -> [String] { [] }

  func rows(_ sql: String, _ parameters: [String?]) throws(DatabaseError) -> [[String?]] {
    let statement = try connection.prepare(sql)
    for (index, parameter) in parameters.enumerated() {
      try statement.bind(parameter, at: index + 1)
    }
    var rows: [[String?]] = []
    while try statement.step() {
      rows.append((0..<statement.columnCount).map { statement.text(at: $0) })
    }
    return rows
  }

  var isInTransaction: Bool { connection.isInTransaction }

  var recordsTable: String { "main.lynx_migrations" }

  func recordsTableExists() throws(DatabaseError) -> Bool {
    try !rows(
      "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = 'lynx_migrations'", []
    ).isEmpty
  }

  /// BEGIN IMMEDIATE alone would do for migrations in transactions; those without need a lock that
  /// lasts beyond one.
  func tryLock() throws(MigrationError) -> Bool {
    if connection.path == ":memory:" { return true }
    if let lockFile { return try lockFile.tryLock() }
    let file = try SQLiteMigrationLock(path: connection.path)
    lockFile = file
    return try file.tryLock()
  }

  func lockHolder() -> String { "" }

  func unlock() { lockFile?.unlock() }

  func begin(lockTimeout: Duration) throws(MigrationError) {
    connection.busyTimeoutMilliseconds = lockTimeout.milliseconds()
    do throws(DatabaseError) {
      try run("BEGIN IMMEDIATE")
    } catch {
      guard error.kind == .busy else { throw MigrationError(error) }
      throw MigrationError(
        .busy,
        "another process writes to \(connection.path) and did not end in time; try again, or wait "
          + "longer with --lock-timeout")
    }
  }

  func settle() throws(DatabaseError) {
    try run("PRAGMA foreign_keys = OFF")
  }

  func settleInTransaction(lockTimeout: Duration) {}

  func regainIdentity() {}

  func otherToolsTable() throws(DatabaseError) -> String? {
    try rows(
      """
      SELECT name FROM main.sqlite_master
      WHERE type = 'table' AND lower(name) IN (\(OtherTools.list)) ORDER BY 1
      """, []
    ).first?.first.flatMap { $0?.lowercased() }
  }

  func tables() throws(DatabaseError) -> [String] {
    try rows(
      #"""
      SELECT name FROM main.sqlite_master
      WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name <> 'lynx_migrations'
      ORDER BY name
      """#, []
    ).compactMap { $0.first ?? nil }
  }

  /// What the last migration left is what the next one finds, unless somebody wrote in between:
  /// counting takes as long as the database is large.
  func brokenReferences(atStart: Bool) throws(DatabaseError) -> Int {
    let dataVersion = try single("PRAGMA data_version") ?? ""
    if atStart, let broken, broken.dataVersion == dataVersion { return broken.count }
    let count =
      try single("SELECT count(*) FROM pragma_foreign_key_check").flatMap { Int($0) } ?? 0
    broken = (dataVersion, count)
    return count
  }

  func brokenReference() -> String? {
    let found = try? rows(
      #"SELECT "table", rowid, parent FROM pragma_foreign_key_check LIMIT 1"#, []
    ).first
    guard let found, found.count == 3 else { return nil }
    let row = found[1].map { "row \($0)" } ?? "a row"
    return "\(row) of \(found[0] ?? "a table") refers to \(found[2] ?? "another table")"
  }

  private func single(_ sql: String) throws(DatabaseError) -> String? {
    try rows(sql, []).first?.first.flatMap { $0 }
  }
}
