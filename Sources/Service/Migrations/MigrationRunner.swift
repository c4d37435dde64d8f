internal import Databases

/// Runs scripts, each with its record, in a session that holds the lock.
struct MigrationRunner {
  let session: any MigrationSession
  let dialect: SQLDialect
  let interruption: Interruption?
  /// Takes what the database says while scripts run.
  let notice: (String) -> Void

  private var records: MigrationRecords { MigrationRecords(session: session) }

  /// Applies a migration and records it. To be called inside the transaction in which it was found
  /// not to be applied, and leaves that unless `commits` is false, which needs a script that is
  /// transactional.
  func apply(_ migration: Migration, commits: Bool = true) throws(MigrationError) -> Duration {
    let statements = try migration.up.statements(dialect)
    let work = Work(of: migration, "migration \(migration.title)", migration.up)
    if migration.up.isTransactional {
      return try runInTransaction(statements, work, commits) { duration throws(DatabaseError) in
        try records.insert(migration, duration: duration)
      }
    }
    try recording(work) {
      () throws(DatabaseError) in
      try records.insert(migration, duration: .zero, unfinishedStatement: 1)
      try session.commit()
    }
    let duration = try runOneByOne(statements, work, recordedAs: migration.version)
    try recording(work) { () throws(DatabaseError) in
      try records.finish(migration.version, duration: duration)
    }
    return duration
  }

  /// Undoes a migration and forgets its record, in the same way.
  func undo(
    _ migration: Migration, recordedAs version: MigrationVersion, commits: Bool = true
  ) throws(MigrationError) -> Duration {
    guard let script = migration.down else { return .zero }
    let statements = try script.statements(dialect)
    let work = Work(of: migration, "undoing migration \(migration.title)", script)
    if script.isTransactional {
      return try runInTransaction(statements, work, commits) { _ throws(DatabaseError) in
        try records.delete(version)
      }
    }
    try recording(work) { () throws(DatabaseError) in
      try records.mark(version, unfinishedStatement: 1)
      try session.commit()
    }
    let duration = try runOneByOne(statements, work, recordedAs: version)
    try recording(work) { () throws(DatabaseError) in try records.delete(version) }
    return duration
  }

  private func runInTransaction(
    _ statements: [MigrationStatement], _ work: Work, _ commits: Bool,
    record: (Duration) throws(DatabaseError) -> Void
  ) throws(MigrationError) -> Duration {
    let clock = ContinuousClock()
    let start = clock.now
    let broken = try recording(work) { () throws(DatabaseError) in
      try session.brokenReferences(atStart: true)
    }
    for batch in Self.batches(statements) {
      try run(batch, work, consequence: "nothing of it was kept")
      guard session.isInTransaction else {
        let statement = batch.last ?? statements[0]
        throw MigrationError(
          .failed,
          "\(work.what) failed at \(work.place(statement)): the statement ended the transaction it "
            + "ran in, and nothing is recorded; see what of it stayed",
          place: work.position(statement))
      }
    }
    let duration = clock.now - start
    try recording(work) { () throws(DatabaseError) in
      let brokenNow = try session.brokenReferences(atStart: false)
      guard brokenNow <= broken else {
        let example = broken == 0 ? session.brokenReference().map { ", as \($0)" } ?? "" : ""
        throw DatabaseError(
          .constraint,
          "it leaves rows whose foreign key leads nowhere (\(brokenNow - broken)\(example))")
      }
      try session.regainIdentity()
      try record(duration)
      if commits { try session.commit() }
    }
    if commits {
      try recording(work) { () throws(DatabaseError) in try session.settle() }
    }
    return duration
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
        try recording(work) { () throws(DatabaseError) in
          // In a transaction of its own, with which the role that the script may have set comes back.
          try session.run("BEGIN")
          try session.regainIdentity()
          try records.mark(version, unfinishedStatement: statement.number)
          try session.commit()
        }
      }
      try run(
        [statement], work,
        consequence: "it runs without a transaction, so that what came before stays; finish it by "
          + "hand and say so with lynx migrate repair, or undo it with lynx migrate down")
    }
    guard !session.isInTransaction else {
      session.rollback()
      throw MigrationError(
        .failed,
        "\(work.what) failed: \(work.script.file) begins a transaction and does not end it; add "
          + "COMMIT, then put right what was done and say so with lynx migrate repair",
        place: .init(version: work.version, file: work.script.file))
    }
    try recording(work) { () throws(DatabaseError) in try session.settle() }
    return clock.now - start
  }

  /// Runs of statements that only change rows go to the server together.
  private static func batches(_ statements: [MigrationStatement]) -> [ArraySlice<
    MigrationStatement
  >] {
    var batches: [ArraySlice<MigrationStatement>] = []
    var start = 0
    var bytes = 0
    for (index, statement) in statements.enumerated() {
      bytes += statement.text.utf8.count
      let next = index + 1
      let goesOn =
        next < statements.count && statement.changesRows && statements[next].changesRows
        && next - start < 1_000 && bytes < 1 << 20
      if goesOn { continue }
      batches.append(statements[start..<next])
      start = next
      bytes = 0
    }
    return batches
  }

  private func run(
    _ batch: ArraySlice<MigrationStatement>, _ work: Work, consequence: String
  ) throws(MigrationError) {
    guard let first = batch.first else { return }
    if interruption?.isRequested == true { throw interrupted(first, work, consequence) }
    var completed = 0
    do throws(DatabaseError) {
      defer { for text in session.takeNotices() { notice(text) } }
      let run = { () throws(DatabaseError) in
        if batch.count == 1 {
          try session.run(first.text)
        } else {
          try session.run(batch.map(\.text), completed: &completed)
        }
      }
      if let interruption {
        try interruption.cancelling(by: session.canceller, run)
      } else {
        try run()
      }
    } catch {
      let statement = batch.dropFirst(completed).first ?? first
      // What the request ended; the connection's own errors are told as they are.
      if interruption?.isRequested == true, error.kind == .busy {
        throw interrupted(statement, work, consequence)
      }
      let kind: MigrationError.Kind =
        switch error.kind {
        case .busy: .busy
        case .notPermitted, .connectionLost, .full, .corrupt: .database(error.kind)
        default: .failed
        }
      let hint =
        work.script.isTransactional && error.refusesTransaction
        ? ", which -- lynx: no-transaction above the first statement allows" : error.lockAdvice
      session.rollback()
      throw MigrationError(
        kind,
        "\(work.what) failed at \(work.place(statement, error.offset)), statement "
          + "\(statement.number) (\(statement.excerpt)): \(error.message)\(hint); \(consequence)",
        place: work.position(statement, error.offset))
    }
  }

  private func interrupted(
    _ statement: MigrationStatement, _ work: Work, _ consequence: String
  ) -> MigrationError {
    session.rollback()
    return MigrationError(
      .interrupted,
      "\(work.what) was interrupted at \(work.place(statement)), statement \(statement.number) "
        + "(\(statement.excerpt)); \(consequence)",
      place: work.position(statement))
  }

  /// Does what concerns the records, and leaves no transaction open if that fails.
  private func recording<Result>(
    _ work: Work, _ body: () throws(DatabaseError) -> Result
  ) throws(MigrationError) -> Result {
    do throws(DatabaseError) {
      return try body()
    } catch {
      session.rollback()
      var failure = MigrationError(error)
      failure.message =
        "\(work.what) failed when it was to be recorded (\(work.script.file)): \(failure.message)"
        + (work.script.isTransactional ? "; nothing of it was kept" : "")
      failure.place = .init(version: work.version, file: work.script.file)
      throw failure
    }
  }
}

/// What is being done, for messages.
private struct Work {
  /// As the subject of a sentence.
  let what: String
  let version: String
  let script: MigrationScript

  init(of migration: Migration, _ what: String, _ script: MigrationScript) {
    self.what = what
    self.script = script
    version = migration.version.digits
  }

  /// Where the database stumbled, or else where the statement begins.
  func place(_ statement: MigrationStatement, _ offset: Int? = nil) -> String {
    script.place(statement.offset + (offset ?? 0))
  }

  func position(_ statement: MigrationStatement, _ offset: Int? = nil) -> MigrationError.Place {
    var place = script.position(statement.offset + (offset ?? 0), statement.number)
    place.version = version
    return place
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
