internal import CSQLite
internal import Glibc
internal import LinuxSystem

/// From a path to a connection that is set up.
enum SQLiteOpening {
  static func handle(
    path: String, access: SQLiteConnection.Access
  ) throws(DatabaseError) -> OpaquePointer {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw DatabaseError(.invalidURL, "the path of the SQLite database is empty or contains NUL")
    }
    if let refusal = SQLiteFailure.refusal(path: path, access: access) { throw refusal }
    let flags =
      switch access {
      case .readOnly: SQLITE_OPEN_READONLY
      case .readWrite: SQLITE_OPEN_READWRITE
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      }
    var opened: OpaquePointer?
    // A build of SQLite may take names that begin with file: for URIs.
    let code = sqlite3_open_v2(
      path.hasPrefix("file:") ? "./" + path : path, &opened,
      flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard let opened else {
      throw DatabaseError(.other, "there is no memory left to open \(path)", code: "\(code)")
    }
    guard code == SQLITE_OK else {
      let failure = SQLiteFailure(
        code: code, reason: String(cString: sqlite3_errmsg(opened)),
        systemError: sqlite3_system_errno(opened), path: path, access: access,
        timeoutMilliseconds: 0)
      sqlite3_close_v2(opened)
      throw failure.error(offset: nil)
    }
    // SQLite falls back to reading where it may not write.
    if access != .readOnly, sqlite3_db_readonly(opened, "main") == 1 {
      sqlite3_close_v2(opened)
      throw SQLiteFailure.notWritable(path, code: SQLITE_READONLY)
    }
    return opened
  }

  static func prepare(
    _ connection: SQLiteConnection, _ options: SQLiteConnection.Options
  ) throws(DatabaseError) {
    connection.busyTimeoutMilliseconds = options.busyTimeoutMilliseconds
    try connection.execute(
      """
      PRAGMA foreign_keys=ON;
      PRAGMA cell_size_check=ON;
      PRAGMA synchronous=\(options.synchronous.rawValue);
      """)
    let mode = try switchToWAL(
      connection, wanted: options.usesWAL && !connection.isReadOnly,
      timeoutMilliseconds: options.busyTimeoutMilliseconds)
    if options.usesWAL, !connection.isReadOnly, mode != "wal", mode != "memory" {
      throw DatabaseError(
        .other,
        "\(connection.path) cannot be put into WAL mode, its journal stays \"\(mode)\": keep it on "
          + "a local file system")
    }
  }

  /// The journal mode there is in the end. The first read of the file is here too, so that what is
  /// no database is told when it is opened.
  ///
  /// SQLite answers at once with SQLITE_BUSY, whatever the busy timeout, when another connection
  /// uses the file while its mode changes (https://sqlite.org/wal.html, section 10): several
  /// processes that open one new file at the same time have to try again.
  private static func switchToWAL(
    _ connection: SQLiteConnection, wanted: Bool, timeoutMilliseconds: Int
  ) throws(DatabaseError) -> String {
    let deadline = Deadline(milliseconds: timeoutMilliseconds)
    while true {
      do throws(DatabaseError) {
        // Asked first: where the mode is set already, nothing needs a lock.
        let mode = try journalMode(connection, "PRAGMA journal_mode")
        if !wanted || mode == "wal" || mode == "memory" { return mode }
        return try journalMode(connection, "PRAGMA journal_mode=WAL")
      } catch {
        guard error.kind == .busy, !deadline.isOver else { throw error }
      }
      usleep(UInt32.random(in: 1_000...10_000))
    }
  }

  private static func journalMode(
    _ connection: SQLiteConnection, _ pragma: String
  ) throws(DatabaseError) -> String {
    let statement = try connection.prepare(pragma)
    guard try statement.step() else { return "" }
    return statement.text(at: 0) ?? ""
  }
}
