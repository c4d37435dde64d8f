internal import CPostgres
internal import Glibc

/// One connection to PostgreSQL, for migrations and administration: each call waits for its answer.
/// Owned by one thread at a time.
public final class PostgresConnection {
  let link: PostgresLink
  var handle: OpaquePointer { link.handle }

  /// How long a statement may take; nil for as long as it likes. The server ends what is overdue
  /// with ``DatabaseError/Kind/busy``; when it is silent for 5 s more, the connection is given up.
  public private(set) var statementTimeoutMilliseconds: Int?

  static let graceMilliseconds = 5_000
  /// Set when the connection was given up while a statement ran.
  private var abandoned = false

  /// Connects, as application "lynx" unless the connection string names another.
  ///
  /// - Parameters:
  ///   - conninfo: a `postgresql://` URL or `keyword=value` pairs.
  ///   - connectTimeoutMilliseconds: for everything but the look-up of the host's name, which only
  ///     the system's resolver can end. `connect_timeout` of the connection string, in seconds, beats
  ///     it.
  public init(
    conninfo: String, connectTimeoutMilliseconds: Int = 10_000,
    statementTimeoutMilliseconds: Int? = nil
  ) throws(DatabaseError) {
    link = try PostgresLink(conninfo: conninfo)
    // libpq heeds it only where it waits itself.
    let seconds = try ConnectionSettings(conninfo: conninfo)["connect_timeout"].flatMap { Int($0) }
    try link.establish(
      timeoutMilliseconds: seconds.flatMap { $0 > 0 ? min($0, 1_000_000) * 1_000 : nil }
        ?? connectTimeoutMilliseconds)
    if let statementTimeoutMilliseconds {
      try setStatementTimeout(milliseconds: statementTimeoutMilliseconds)
    }
  }

  /// The server's version as libpq counts: 150018 is 15.18.
  public var serverVersion: Int { Int(PQserverVersion(handle)) }

  /// `host:port`, or the path of the socket.
  public var address: String { link.address }

  public var databaseName: String { PQdb(handle).map { String(cString: $0) } ?? "" }

  /// The process that serves this connection, as in pg_stat_activity.
  public var serverProcessID: Int32 { PQbackendPID(handle) }

  /// Whether a transaction is open, also a failed one that waits for its ROLLBACK.
  public var isInTransaction: Bool {
    switch PQtransactionStatus(handle) {
    case PQTRANS_INTRANS, PQTRANS_INERROR, PQTRANS_ACTIVE: true
    default: false
    }
  }

  /// Whether nothing is known to be wrong with the connection.
  public var isOpen: Bool { !abandoned && PQstatus(handle) == CONNECTION_OK }

  /// The notices and warnings since the last call, at most 1000.
  public func takeNotices() -> [PostgresNotice] { link.notices.take() }

  /// Sets ``statementTimeoutMilliseconds`` for this session.
  public func setStatementTimeout(milliseconds: Int?) throws(DatabaseError) {
    let value = max(0, min(milliseconds ?? 0, Int(Int32.max)))
    try execute("SET statement_timeout = \(value)")
    statementTimeoutMilliseconds = milliseconds == nil || value == 0 ? nil : value
  }

  /// Asks the server to end what this connection runs. It needs another connection and answers
  /// when that was taken; from another thread use ``canceller``.
  public func cancel() throws(DatabaseError) { try canceller.cancel() }

  /// Cancels this connection's statement from any thread.
  public var canceller: PostgresCanceller { PostgresCanceller(handle) }

  /// Runs statements separated by semicolons, without parameters (the simple protocol): in one
  /// transaction unless they say otherwise. Rows are dropped.
  ///
  /// - Throws: with the offset in the script where the server stumbled, if it named a place.
  public func execute(_ script: String) throws(DatabaseError) {
    try requireNoNUL(script)
    try begin(PQsendQuery(handle, script))
    var failure: DatabaseError?
    try drain { result in
      if PQresultStatus(result) == PGRES_COPY_IN {
        failure = DatabaseError(
          .statement, "COPY FROM STDIN has no data here: write the rows as INSERT", code: "0A000")
      } else if failure == nil {
        failure = self.failure(result, statement: script)
      }
    }
    if let failure { throw failure }
  }

  /// Runs one statement; its rows in text format, nil for NULL.
  ///
  /// - Parameter parameters: what `$1`, `$2`, … stand for, in text format; nil for NULL.
  public func query(
    _ sql: String, parameters: [String?] = []
  ) throws(DatabaseError) -> [[String?]] {
    try requireNoNUL(sql)
    for case let parameter? in parameters { try requireNoNUL(parameter) }
    guard parameters.count <= 65_535 else {
      throw DatabaseError(.statement, "a statement takes at most 65535 parameters")
    }
    let values = parameters.map { $0.map { strdup($0) } ?? nil }
    defer { for value in values { free(value) } }
    try begin(
      PQsendQueryParams(
        handle, sql, Int32(values.count), nil, values.map { UnsafePointer($0) }, nil, nil, 0))
    var rows: [[String?]] = []
    var failure: DatabaseError?
    try drain { result in
      if failure == nil { failure = self.failure(result, statement: sql) }
      if PQresultStatus(result) == PGRES_TUPLES_OK { rows = Self.rows(of: result) }
    }
    if let failure { throw failure }
    return rows
  }

  private static func rows(of result: OpaquePointer) -> [[String?]] {
    (0..<max(0, PQntuples(result))).map { row in
      (0..<max(0, PQnfields(result))).map { column in
        if PQgetisnull(result, row, column) != 0 { return nil }
        let bytes = UnsafeRawBufferPointer(
          start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
        return String(decoding: bytes, as: UTF8.self)
      }
    }
  }

  func begin(_ status: Int32) throws(DatabaseError) {
    if status != 1 { throw PostgresFailure.lost(handle) }
  }

  /// Hands out the results of what was sent, to the last one.
  func drain(_ body: (OpaquePointer) -> Void) throws(DatabaseError) {
    let deadline = Deadline(
      milliseconds: statementTimeoutMilliseconds.map { $0 + Self.graceMilliseconds })
    while true {
      try waitForResult(deadline)
      guard let result = PQgetResult(handle) else { break }
      defer { PQclear(result) }
      body(result)
      switch PQresultStatus(result) {
      // Nothing here has data for COPY FROM STDIN.
      case PGRES_COPY_IN: PQputCopyEnd(handle, "COPY FROM STDIN has no data here")
      case PGRES_COPY_OUT, PGRES_COPY_BOTH: try skipCopiedRows(deadline)
      default: break
      }
    }
    if PQstatus(handle) == CONNECTION_BAD { throw PostgresFailure.lost(handle) }
  }

  private func waitForResult(_ deadline: Deadline) throws(DatabaseError) {
    while true {
      // libpq: flush until there is nothing left, and read in between, since the server may wait
      // for that.
      let unsent = PQflush(handle)
      if unsent == 0, PQisBusy(handle) == 0 { return }
      // A lost connection still has results to hand out: PQgetResult makes one of the error.
      if unsent < 0 || link.descriptor < 0 { return }
      guard waitForSocket(link.descriptor, reading: true, writing: unsent == 1, deadline) else {
        throw abandon()
      }
      if PQconsumeInput(handle) == 0 { return }
    }
  }

  private func skipCopiedRows(_ deadline: Deadline) throws(DatabaseError) {
    while true {
      var row: UnsafeMutablePointer<CChar>?
      let count = PQgetCopyData(handle, &row, 1)
      if let row { PQfreemem(row) }
      if count < 0 { return }
      if count > 0 { continue }
      guard waitForSocket(link.descriptor, reading: true, writing: false, deadline) else {
        throw abandon()
      }
      if PQconsumeInput(handle) == 0 { return }
    }
  }

  /// The server ends what is overdue; if it does not even say so, nothing is known any more.
  private func abandon() -> DatabaseError {
    abandoned = true
    shutdown(link.descriptor, Int32(SHUT_RDWR))
    return DatabaseError(
      .connectionLost,
      "PostgreSQL at \(address) did not answer in time and the connection was given up")
  }

  /// The error of a result; nil if it is none.
  func failure(_ result: OpaquePointer, statement: String) -> DatabaseError? {
    switch PQresultStatus(result) {
    case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
      PostgresFailure.error(of: result, on: handle, statement: statement)
    default: nil
    }
  }
}

/// PostgreSQL's texts end at the first NUL, and so would libpq's reading of them.
func requireNoNUL(_ text: String) throws(DatabaseError) {
  var text = text
  let place = text.withUTF8 { $0.firstIndex(of: 0) }
  if let place { throw nulInText(at: place) }
}

func nulInText(at offset: Int?) -> DatabaseError {
  DatabaseError(
    .statement, "the text contains a NUL character, which PostgreSQL cannot hold", offset: offset)
}
