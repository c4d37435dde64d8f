internal import CSQLite
internal import Glibc
internal import LinuxSystem

/// One connection to a SQLite database, owned by one thread at a time.
///
/// It is opened in WAL mode with foreign keys enforced and `synchronous=FULL`: what a transaction
/// wrote is on the disk when its COMMIT returns (https://sqlite.org/pragma.html#pragma_synchronous).
public final class SQLiteConnection {
  public enum Access: Sendable, Hashable {
    case readOnly
    /// The file has to exist.
    case readWrite
    /// The file is made if there is none.
    case create
  }

  /// What SQLite waits for before a commit is over.
  public enum Synchronous: Int, Sendable {
    case off = 0
    case normal = 1
    case full = 2
    case extra = 3
  }

  public struct Options: Sendable, Equatable {
    public var access: Access
    public var synchronous: Synchronous
    /// How long a statement waits for other connections' locks.
    public var busyTimeoutMilliseconds: Int
    /// Whether the file is put into WAL mode, which it keeps; false leaves its mode as it is.
    public var usesWAL: Bool

    public init(
      access: Access = .create, synchronous: Synchronous = .full,
      busyTimeoutMilliseconds: Int = 10_000, usesWAL: Bool = true
    ) {
      self.access = access
      self.synchronous = synchronous
      self.busyTimeoutMilliseconds = busyTimeoutMilliseconds
      self.usesWAL = usesWAL
    }
  }

  /// As given, for sentences.
  public let path: String
  let handle: OpaquePointer
  private let interruption: SQLiteInterrupter

  /// - Parameter path: a file, or `:memory:`.
  public init(path: String, options: Options = Options()) throws(DatabaseError) {
    self.path = path
    busyTimeoutMilliseconds = options.busyTimeoutMilliseconds
    handle = try SQLiteOpening.handle(path: path, access: options.access)
    interruption = SQLiteInterrupter(handle)
    try SQLiteOpening.prepare(self, options)
  }

  deinit {
    interruption.end()
    // Statements hold their connection, so there are none; close_v2 would also wait for them.
    sqlite3_close_v2(handle)
  }

  /// How long a statement waits for other connections' locks.
  public var busyTimeoutMilliseconds: Int {
    didSet { sqlite3_busy_timeout(handle, Int32(clamping: max(0, busyTimeoutMilliseconds))) }
  }

  /// The row id of the last INSERT on this connection; 0 before the first.
  public var lastInsertRowID: Int64 { sqlite3_last_insert_rowid(handle) }

  /// How many rows the last INSERT, UPDATE or DELETE changed, without what triggers did.
  public var changes: Int64 { sqlite3_changes64(handle) }

  /// Whether a transaction is open (https://sqlite.org/c3ref/get_autocommit.html).
  public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// Whether the file can only be read.
  public var isReadOnly: Bool { sqlite3_db_readonly(handle, "main") == 1 }

  /// SQLite's version, such as 3.40.1.
  public static var version: String { String(cString: sqlite3_libversion()) }

  /// Ends what runs on this connection with ``DatabaseError/Kind/busy``. Of use in a progress or
  /// function callback; other threads take ``interrupter``.
  public func interrupt() { interruption.interrupt() }

  /// Interrupts this connection from any thread, also after the connection is gone.
  public var interrupter: SQLiteInterrupter { interruption }

  /// The error for a result code just returned by a call on this connection.
  func error(_ code: Int32, base: Int = 0, statementOffset: Int? = nil) -> DatabaseError {
    let token = sqlite3_error_offset(handle)
    return SQLiteFailure(
      code: code, reason: String(cString: sqlite3_errmsg(handle)),
      systemError: sqlite3_system_errno(handle), path: path, access: nil,
      timeoutMilliseconds: busyTimeoutMilliseconds
    ).error(offset: token >= 0 ? base + Int(token) : statementOffset)
  }

  func check(_ code: Int32) throws(DatabaseError) {
    if code != SQLITE_OK { throw error(code) }
  }
}
