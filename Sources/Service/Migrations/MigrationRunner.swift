internal import Databases

/// Runs scripts, each with its record, in a session that holds the lock.
struct MigrationRunner {
  let session: any MigrationSession
  let dialect: SQLDialect

  private var records: MigrationRecords { MigrationRecords(session: session) }

  /// Applies a migration and records it. To be called inside the transaction in which it was found
  /// not to be applied, and leaves that.
  func apply(_ migration: Migration) throws(MigrationError) -> Duration {
    let statements = try migration.up.statements(dialect)
    let work = Work(what: "migration \(migration.title) failed", script: migration.up)
    if migration.up.isTransactional {
      return try runInTransaction(statements, work) { duration throws(DatabaseError) in
        try records.insert(migration, duration: duration)
      }
    }
    try recording {
      () throws(DatabaseError) in
      try records.insert(migration, duration: .zero, unfinishedStatement: 1)
      try session.commit()
    }
    let duration = try runOneByOne(statements, work, recordedAs: migration.version)
    try recording { () throws(DatabaseError) in
      try records.finish(migration.version, duration: duration)
    }
    return duration
  }

  /// Undoes a migration and forgets its record, in the same way.
  func undo(
    _ migration: Migration, recordedAs version: MigrationVersion
  ) throws(MigrationError) -> Duration {
    guard let script = migration.down else { return .zero }
    let statements = try script.statements(dialect)
    let work = Work(what: "undoing migration \(migration.title) failed", script: script)
    if script.isTransactional {
      return try runInTransaction(statements, work) { _ throws(DatabaseError) in
        try records.delete(version)
      }
    }
    try recording { () throws(DatabaseError) in
      try records.mark(version, unfinishedStatement: 1)
      try session.commit()
    }
    let duration = try runOneByOne(statements, work, recordedAs: version)
    try recording { () throws(DatabaseError) in try records.delete(version) }
    return duration
  }

  private func runInTransaction(
    _ statements: [MigrationStatement], _ work: Work,
    record: (Duration) throws(DatabaseError) -> Void
  ) throws(MigrationError) -> Duration {
    let clock = ContinuousClock()
    let start = clock.now
    let broken = try recording { () throws(DatabaseError) in try session.brokenReferences() }
    for statement in statements {
      try run(statement, work, consequence: "nothing of it was kept")
      guard session.isInTransaction else {
        throw MigrationError(
          .failed,
          "\(work.what) at \(work.place(statement)): the statement ended the transaction it ran in, "
            + "and nothing is recorded; see what of it stayed")
      }
    }
    let duration = clock.now - start
    return try recording { () throws(DatabaseError) in
      let brokenNow = try session.brokenReferences()
      guard brokenNow <= broken else {
        throw DatabaseError(
          .constraint,
          "\(work.what): it leaves \(brokenNow - broken) rows whose foreign key leads nowhere "
            + "(\(work.script.file)); nothing of it was kept")
      }
      try record(duration)
      do throws(DatabaseError) {
        try session.commit()
      } catch {
        var error = error
        error.message = "\(work.what) when it was committed: \(error.message)"
        throw error
      }
      try session.settle()
      return duration
    }
  }

  /// Without a transaction. Before each statement its number is recorded, so that also a runner that
  /// is killed leaves behind how far it came.
  private func runOneByOne(
    _ statements: [MigrationStatement], _ work: Work, recordedAs version: MigrationVersion
  ) throws(MigrationError) -> Duration {
    let clock = ContinuousClock()
    let start = clock.now
    for statement in statements {
      if statement.number > 1, !session.isInTransaction {
        try recording { () throws(DatabaseError) in
          try records.mark(version, unfinishedStatement: statement.number)
        }
      }
      try run(
        statement, work,
        consequence: "it runs without a transaction, so that what came before stays; finish it by "
          + "hand and say so with lynx migrate repair, or undo it with lynx migrate down")
    }
    guard !session.isInTransaction else {
      session.rollback()
      throw MigrationError(
        .failed,
        "\(work.what): \(work.script.file) begins a transaction and does not end it; add COMMIT, then "
          + "put right what was done and say so with lynx migrate repair")
    }
    try recording { () throws(DatabaseError) in try session.settle() }
    return clock.now - start
  }

  private func run(
    _ statement: MigrationStatement, _ work: Work, consequence: String
  ) throws(MigrationError) {
    do throws(DatabaseError) {
      try session.run(statement.text)
    } catch {
      let kind: MigrationError.Kind =
        switch error.kind {
        case .busy: .busy
        case .notPermitted, .connectionLost, .full, .corrupt: .database(error.kind)
        default: .failed
        }
      let hint =
        work.script.isTransactional && error.refusesTransaction
        ? ", which -- lynx: no-transaction above the first statement allows" : ""
      session.rollback()
      throw MigrationError(
        kind,
        "\(work.what) at \(work.place(statement, error.offset)), statement \(statement.number) "
          + "(\(statement.excerpt)): \(error.message)\(hint); \(consequence)")
    }
  }

  /// Does what concerns the records, and leaves no transaction open if that fails.
  private func recording<Result>(
    _ body: () throws(DatabaseError) -> Result
  ) throws(MigrationError) -> Result {
    do throws(DatabaseError) {
      return try body()
    } catch {
      session.rollback()
      throw MigrationError(error)
    }
  }
}

/// What is being done, for messages.
private struct Work {
  let what: String
  let script: MigrationScript

  /// Where the database stumbled, or else where the statement begins.
  func place(_ statement: MigrationStatement, _ offset: Int? = nil) -> String {
    script.place(statement.offset + (offset ?? 0))
  }
}

extension DatabaseError {
  /// Whether the statement failed for being in a transaction.
  fileprivate var refusesTransaction: Bool {
    // active_sql_transaction; SQLite has words only.
    code == "25001" || message.contains("within a transaction")
      || message.contains("inside a transaction")
  }
}
