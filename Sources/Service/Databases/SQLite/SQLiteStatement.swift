internal import CSQLite

/// A prepared statement. It keeps its connection open and belongs to the same thread.
public final class SQLiteStatement {
  let connection: SQLiteConnection
  let handle: OpaquePointer

  init(connection: SQLiteConnection, handle: OpaquePointer) {
    self.connection = connection
    self.handle = handle
  }

  deinit { sqlite3_finalize(handle) }

  /// How many parameters it has; they are numbered from 1.
  public var parameterCount: Int { Int(sqlite3_bind_parameter_count(handle)) }

  public var columnCount: Int { Int(sqlite3_column_count(handle)) }

  /// Whether it leaves the database as it is (https://sqlite.org/c3ref/stmt_readonly.html).
  public var isReadOnly: Bool { sqlite3_stmt_readonly(handle) != 0 }

  public func columnName(at index: Int) -> String {
    sqlite3_column_name(handle, Int32(clamping: index)).map { String(cString: $0) } ?? ""
  }

  /// Goes to the next row: true if there is one, false when the statement is done, after which it
  /// may be bound and run again. Also after an error it is ready to be run again.
  public func step() throws(DatabaseError) -> Bool {
    let code = sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    if code == SQLITE_DONE {
      sqlite3_reset(handle)
      return false
    }
    let error = connection.error(code)
    sqlite3_reset(handle)
    throw error
  }

  /// Runs it to its end, whatever rows it has.
  public func run() throws(DatabaseError) {
    while try step() {}
  }

  /// Leaves the rows that were not read; what is bound stays.
  public func reset() { sqlite3_reset(handle) }

  /// Binds NULL to every parameter.
  public func clearBindings() { sqlite3_clear_bindings(handle) }

  // MARK: Parameters, numbered from 1

  public func bind(_ value: Int64?, at index: Int) throws(DatabaseError) {
    guard let value else { return try bindNull(at: index) }
    try check(sqlite3_bind_int64(handle, Int32(clamping: index), value))
  }

  public func bind(_ value: Double?, at index: Int) throws(DatabaseError) {
    guard let value else { return try bindNull(at: index) }
    try check(sqlite3_bind_double(handle, Int32(clamping: index), value))
  }

  /// Binds a text. SQLite stores a NUL in it, but most of its functions see nothing behind one
  /// (https://sqlite.org/nulinstr.html).
  public func bind(_ value: String?, at index: Int) throws(DatabaseError) {
    guard var value else { return try bindNull(at: index) }
    let code = value.withUTF8 { text in
      text.withMemoryRebound(to: CChar.self) { text in
        // An empty Swift text may have no address, which SQLite would take for NULL.
        sqlite3_bind_text64(
          handle, Int32(clamping: index), text.baseAddress ?? Self.emptyText,
          UInt64(text.count), Self.transient, UInt8(SQLITE_UTF8))
      }
    }
    try check(code)
  }

  public func bind(_ value: [UInt8]?, at index: Int) throws(DatabaseError) {
    guard let value else { return try bindNull(at: index) }
    if value.isEmpty { return try check(sqlite3_bind_zeroblob(handle, Int32(clamping: index), 0)) }
    let code = value.withUnsafeBytes {
      sqlite3_bind_blob64(
        handle, Int32(clamping: index), $0.baseAddress, UInt64($0.count), Self.transient)
    }
    try check(code)
  }

  public func bindNull(at index: Int) throws(DatabaseError) {
    try check(sqlite3_bind_null(handle, Int32(clamping: index)))
  }

  // MARK: Columns of the present row, numbered from 0

  public func isNull(at index: Int) -> Bool {
    sqlite3_column_type(handle, Int32(clamping: index)) == SQLITE_NULL
  }

  /// Nil for NULL; what is no number is converted as CAST does it.
  public func int64(at index: Int) -> Int64? {
    isNull(at: index) ? nil : sqlite3_column_int64(handle, Int32(clamping: index))
  }

  public func double(at index: Int) -> Double? {
    isNull(at: index) ? nil : sqlite3_column_double(handle, Int32(clamping: index))
  }

  /// Nil for NULL. What is not UTF-8 is repaired.
  public func text(at index: Int) -> String? {
    withText(at: index) { $0.map { String(decoding: $0, as: UTF8.self) } }
  }

  /// Nil for NULL.
  public func bytes(at index: Int) -> [UInt8]? {
    if isNull(at: index) { return nil }
    let start = sqlite3_column_blob(handle, Int32(clamping: index))
    let count = Int(sqlite3_column_bytes(handle, Int32(clamping: index)))
    return [UInt8](UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
  }

  /// The text's bytes in place, for the time of the call; nil for NULL.
  public func withText<Result>(
    at index: Int, _ body: (UnsafeBufferPointer<UInt8>?) throws -> Result
  ) rethrows -> Result {
    guard let start = sqlite3_column_text(handle, Int32(clamping: index)) else {
      return try body(nil)
    }
    let count = Int(sqlite3_column_bytes(handle, Int32(clamping: index)))
    return try body(UnsafeBufferPointer(start: start, count: count))
  }

  private func check(_ code: Int32) throws(DatabaseError) {
    if code != SQLITE_OK { throw connection.error(code) }
  }

  /// SQLITE_TRANSIENT, a macro that casts -1: SQLite copies what is bound.
  private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  private static var emptyText: UnsafePointer<CChar> { UnsafePointer(sqlite3_libversion()) }
}
