internal import Databases
internal import Glibc

/// One connection that migrates. What differs between the engines is behind this.
protocol MigrationSession: AnyObject {
  /// Runs one statement and drops its rows.
  func run(_ statement: String) throws(DatabaseError)

  /// Runs one statement whose parameters are `$1`, `$2`, …, each once and in this order.
  func rows(_ sql: String, _ parameters: [String?]) throws(DatabaseError) -> [[String?]]

  var isInTransaction: Bool { get }

  /// The table of records as SQL writes it, wherever names lead to by now.
  var recordsTable: String { get }

  func recordsTableExists() throws(DatabaseError) -> Bool

  /// One try to become the only runner; true if this one is.
  func tryLock() throws(MigrationError) -> Bool

  /// Who else migrates, for messages; empty if that cannot be told.
  func lockHolder() -> String

  func unlock()

  /// Begins a transaction in which nobody else can begin to migrate.
  func begin(lockTimeout: Duration) throws(MigrationError)

  /// Undoes what a migration may have set for the rest of the session.
  func settle() throws(DatabaseError)

  /// How many rows break what the schema promises, where the engine does not see to it while
  /// migrating.
  func brokenReferences() throws(DatabaseError) -> Int
}

extension MigrationSession {
  func commit() throws(DatabaseError) { try run("COMMIT") }

  /// A rollback that fails says nothing new: the transaction is over then.
  func rollback() {
    if isInTransaction { try? run("ROLLBACK") }
  }

  /// Becomes the only runner, or fails with ``MigrationError/Kind/busy`` once `timeout` is over.
  ///
  /// By asking again and again: who waits inside PostgreSQL holds a snapshot, for which
  /// CREATE INDEX CONCURRENTLY of the other runner would wait in turn.
  func lock(timeout: Duration, onWait: (String) -> Void) throws(MigrationError) {
    let clock = ContinuousClock()
    let deadline = clock.now.advanced(by: timeout)
    var pauseMicroseconds: UInt32 = 5_000
    var isFirst = true
    while try !tryLock() {
      if isFirst { onWait(lockHolder()) }
      isFirst = false
      guard clock.now < deadline else {
        let holder = lockHolder()
        throw MigrationError(
          .busy,
          "somebody else migrates this database\(holder.isEmpty ? "" : " (\(holder))"), and did not "
            + "end in time; try again, or wait longer with --lock-timeout")
      }
      usleep(pauseMicroseconds)
      pauseMicroseconds = min(pauseMicroseconds * 2, 100_000)
    }
  }
}

extension Duration {
  /// Whole milliseconds, at least `minimum` and no more than PostgreSQL's and SQLite's settings hold.
  func milliseconds(atLeast minimum: Int = 0) -> Int {
    let parts = components
    guard parts.seconds < 2_000_000 else { return 2_000_000_000 }
    return max(minimum, Int(parts.seconds) * 1000 + Int(parts.attoseconds / 1_000_000_000_000_000))
  }
}
