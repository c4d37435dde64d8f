internal import Databases
internal import Glibc

/// One connection that migrates. What differs between the engines is behind this.
protocol MigrationSession: AnyObject {
  /// Runs one statement and drops its rows.
  func run(_ statement: String) throws(DatabaseError)

  /// Runs statements one after the other, together if that is faster. `completed` grows with each
  /// that is done; an error's offset is in the one after those.
  func run(_ statements: [String], completed: inout Int) throws(DatabaseError)

  /// Ends what ``run(_:)`` does, from any thread.
  var canceller: @Sendable () -> Void { get }

  /// What the database said beside its answers since the last call, in the order of time.
  func takeNotices() -> [String]

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

  /// The same between two migrations of one transaction.
  func settleInTransaction(lockTimeout: Duration) throws(DatabaseError)

  /// Becomes who has connected again until the transaction ends, whoever a migration became: the
  /// records are not that one's.
  func regainIdentity() throws(DatabaseError)

  /// Another tool's table of records; nil if there is none.
  func otherToolsTable() throws(DatabaseError) -> String?

  /// Tables of whomever but ``recordsTable``, in the order of their names: on PostgreSQL those of the
  /// schemas on the search path that no extension made.
  func tables() throws(DatabaseError) -> [String]

  /// How many rows break what the schema promises, where the engine does not see to it while
  /// migrating.
  ///
  /// - Parameter atStart: whether the transaction has changed nothing yet.
  func brokenReferences(atStart: Bool) throws(DatabaseError) -> Int

  /// One of those rows in words, for messages.
  func brokenReference() -> String?
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
  func lock(
    timeout: Duration, interruption: Interruption?, onWait: (String) -> Void
  ) throws(MigrationError) {
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
      try interruption?.check("stopped while waiting for another runner; nothing was done")
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
