internal import Databases

/// A SQLite file being migrated.
///
/// Foreign keys are not enforced meanwhile, which is SQLite's own default and what its procedure for
/// changing tables needs (https://sqlite.org/lang_altertable.html, section 7): inside a transaction
/// they could not be switched off. Instead, rows that lead nowhere are counted before and after.
final class SQLiteMigrationSession: MigrationSession {
  private let connection: SQLiteConnection
  private var lockFile: SQLiteMigrationLock?

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

  func brokenReferences() throws(DatabaseError) -> Int {
    try rows("SELECT count(*) FROM pragma_foreign_key_check", []).first?.first
      .flatMap { $0.flatMap { Int($0) } } ?? 0
  }
}
