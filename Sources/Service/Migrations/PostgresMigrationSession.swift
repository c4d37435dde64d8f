internal import Databases

/// A PostgreSQL database being migrated.
///
/// The lock is an advisory one of this very session: it is there as long as the session is, which in
/// the server is until its last statement has ended, even if the client was killed before.
final class PostgresMigrationSession: MigrationSession {
  /// "lynx_mig" in ASCII: one number for all versions of Lynx.
  static let lockKey = 0x6C79_6E78_5F6D_6967

  private let connection: PostgresConnection
  private let schema: String
  /// What brings the session back to how it began.
  private let reset: String

  /// - Parameters:
  ///   - isWriter: whether it is to change anything, which not every server lets happen.
  ///   - lockTimeout: how long who only reads waits for locks.
  init(conninfo: String, isWriter: Bool, lockTimeout: Duration) throws(MigrationError) {
    let facts: [String?]
    do throws(DatabaseError) {
      connection = try PostgresConnection(conninfo: conninfo)
      facts =
        try connection.query(
          "SELECT pg_backend_pid(), pg_is_in_recovery(), current_schema()"
        ).first ?? []
      guard facts.count == 3, let name = facts[2] else {
        throw DatabaseError(
          .other,
          "database \(connection.databaseName) has no schema on its search_path to keep "
            + "lynx_migrations in; set search_path, or create schema public")
      }
      schema = try connection.quoted(identifier: name)
      // So that the statement of a runner that was killed ends, and its locks with it. Where the
      // server cannot look for that, the statement goes on to its end, and so does the lock.
      let check = "SET client_connection_check_interval = '1s'"
      let canCheck = (try? connection.execute(check)) != nil
      // A migration takes as long as it takes.
      var reset = [
        "RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL", "SET statement_timeout = 0",
        "SET idle_in_transaction_session_timeout = 0",
      ]
      if canCheck { reset.append(check) }
      // Who writes says it for each transaction: CREATE INDEX CONCURRENTLY waits as long as it takes.
      if !isWriter {
        reset.append("SET lock_timeout = \(lockTimeout.milliseconds(atLeast: 1))")
      }
      self.reset = reset.joined(separator: "; ")
      try settle()
    } catch {
      throw MigrationError(error)
    }
    if isWriter { try requireSuitable(process: facts[0], isReplica: facts[1] == "t") }
  }

  private func requireSuitable(process: String?, isReplica: Bool) throws(MigrationError) {
    if isReplica {
      throw MigrationError(
        .unsuitable,
        "PostgreSQL at \(connection.address) is a read replica and takes no migrations; name the "
          + "primary in the database URL")
    }
    // A pooler hands out process numbers of its own. Behind one, the lock would stay with a session
    // that the next statement need not run in.
    if let process, process != String(connection.serverProcessID) {
      throw MigrationError(
        .unsuitable,
        "a pooler such as PgBouncer answers at \(connection.address), behind which a lock does not "
          + "stay with its session; name PostgreSQL itself in the database URL")
    }
  }

  func run(_ statement: String) throws(DatabaseError) { try connection.execute(statement) }

  /// Statements that change rows are sent together, which spares the way to the server and back.
  func run(_ statements: [String], completed: inout Int) throws(DatabaseError) {
    try connection.execute(statements, completed: &completed)
  }

  var canceller: @Sendable () -> Void {
    let canceller = connection.canceller
    // A server that cannot be asked is asked again.
    return { try? canceller.cancel() }
  }

  func takeNotices() -> [String] {
    connection.takeNotices().map { "\($0.severity): \($0.message)" }
  }

  func rows(_ sql: String, _ parameters: [String?]) throws(DatabaseError) -> [[String?]] {
    try connection.query(sql, parameters: parameters)
  }

  var isInTransaction: Bool { connection.isInTransaction }

  var recordsTable: String { "\(schema).lynx_migrations" }

  func recordsTableExists() throws(DatabaseError) -> Bool {
    try connection.query("SELECT to_regclass($1)", parameters: [recordsTable]).first?.first
      .flatMap { $0 } != nil
  }

  func tryLock() throws(MigrationError) -> Bool {
    try ask("SELECT pg_try_advisory_lock(\(Self.lockKey))")
  }

  private func ask(_ question: String) throws(MigrationError) -> Bool {
    do throws(DatabaseError) {
      return try connection.query(question).first?.first == "t"
    } catch {
      throw MigrationError(error)
    }
  }

  func lockHolder() -> String {
    let holder = try? connection.query(
      """
      SELECT pid, application_name, client_addr FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE locktype = 'advisory' AND granted AND objsubid = 1
        AND classid::bigint = \(Self.lockKey >> 32) AND objid::bigint = \(Self.lockKey & 0xFFFF_FFFF)
        AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      """
    ).first
    guard let holder, holder.count == 3, let process = holder[0] else { return "" }
    return "\(holder[1] ?? "somebody"), server process \(process)"
      + (holder[2].map { ", from \($0)" } ?? "")
  }

  func unlock() {
    // If that fails, the lock ends with the connection all the same.
    if connection.isOpen { _ = try? ask("SELECT pg_advisory_unlock(\(Self.lockKey))") }
  }

  /// What locks tables waits for `lockTimeout` only: meanwhile all others would wait behind it.
  func begin(lockTimeout: Duration) throws(MigrationError) {
    do throws(DatabaseError) {
      try connection.execute(
        "BEGIN; SET LOCAL lock_timeout = \(lockTimeout.milliseconds(atLeast: 1))")
    } catch {
      throw MigrationError(error)
    }
    // Granted to the session that holds the lock already, and to no other.
    guard try ask("SELECT pg_try_advisory_xact_lock(\(Self.lockKey))") else {
      rollback()
      throw MigrationError(
        .unsuitable,
        "the session that migrates has lost its lock, as happens behind a pooler in transaction "
          + "mode; name PostgreSQL itself in the database URL")
    }
  }

  func settle() throws(DatabaseError) { try connection.execute(reset) }

  func settleInTransaction(lockTimeout: Duration) throws(DatabaseError) {
    try connection.execute(reset)
    try connection.execute("SET LOCAL lock_timeout = \(lockTimeout.milliseconds(atLeast: 1))")
  }

  func regainIdentity() throws(DatabaseError) {
    try connection.execute(
      #"SET LOCAL "session_authorization" TO DEFAULT; SET LOCAL "role" TO DEFAULT"#)
  }

  func otherToolsTable() throws(DatabaseError) -> String? {
    try connection.query(
      """
      SELECT relname FROM pg_class
      WHERE relname IN (\(OtherTools.list)) AND relkind IN ('r', 'p') AND pg_table_is_visible(oid)
      ORDER BY 1
      """
    ).first?.first.flatMap { $0 }
  }

  func tables() throws(DatabaseError) -> [String] {
    try connection.query(
      """
      SELECT c.relname FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'f') AND c.relname <> 'lynx_migrations'
        AND n.nspname = ANY (current_schemas(false))
        AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND NOT EXISTS (
          SELECT 1 FROM pg_catalog.pg_depend d
          WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
            AND d.deptype = 'e')
      ORDER BY 1
      """
    ).compactMap { $0.first ?? nil }
  }

  func brokenReferences(atStart: Bool) -> Int { 0 }

  func brokenReference() -> String? { nil }
}
