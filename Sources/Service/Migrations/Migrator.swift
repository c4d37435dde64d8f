public import Databases

/// Brings one database to where its migrations lead.
///
/// Everything that writes runs under a lock, one runner at a time, however many are started; each
/// migration is applied in one transaction with its record, unless it says that it cannot.
public struct Migrator: Sendable {
  public enum Event: Sendable {
    /// Somebody else migrates; `holder` says who, where that is known.
    case waiting(holder: String)
    case applying(Migration)
    case applied(Done)
    case undoing(Migration)
    case undone(Done)
    case createdDatabase
    /// What the database said while a script ran, with its severity in front.
    case notice(String)
  }

  /// A migration that was applied or undone.
  public struct Done: Sendable {
    public let migration: Migration
    public let duration: Duration
  }

  public let database: DatabaseURL
  public let origin: MigrationOrigin
  /// How long to wait for other runners, and for locks on what a migration changes.
  public var lockTimeout: Duration = .seconds(10)
  public var acceptsOutOfOrder = false
  /// By which another thread stops ``up(_:report:)``, ``down(_:expected:report:)`` and
  /// ``redo(steps:expected:report:)``.
  public var interruption: Interruption?

  public init(database: DatabaseURL, origin: MigrationOrigin) {
    self.database = database
    self.origin = origin
  }

  /// Files and records side by side. Changes nothing, not even for a database that is not there
  /// yet: then nothing is applied.
  public func overview() throws(MigrationError) -> MigrationOverview {
    let migrations = try origin.migrations()
    guard let session = try openForReading() else {
      return MigrationOverview(
        migrations: migrations, records: [], origin: origin, databaseExists: false)
    }
    return try overview(migrations, session)
  }

  /// Applies what is pending; the database is created if it is not there.
  public func up(
    _ target: MigrationTarget = MigrationTarget(), report: @escaping (Event) -> Void = { _ in }
  ) throws(MigrationError) -> [Done] {
    let migrations = try origin.migrations()
    let administration = DatabaseAdministration(database)
    if try !administration.exists() {
      // What cannot be meant is told before anything is created.
      _ = try MigrationOverview(migrations: migrations, records: [], origin: origin).toApply(target)
      if try administration.create() { report(.createdDatabase) }
    }
    return try locked(report) { session throws(MigrationError) in
      try apply(migrations, session, target, report)
    }
  }

  /// Undoes what `target` says, one migration if it says nothing.
  ///
  /// - Parameter expected: what somebody agreed to undo; if it is something else by now, nothing is
  ///   undone and the error is ``MigrationError/Kind/busy``.
  public func down(
    _ target: MigrationTarget = MigrationTarget(), expected: [MigrationVersion]? = nil,
    report: @escaping (Event) -> Void = { _ in }
  ) throws(MigrationError) -> [Done] {
    let migrations = try origin.migrations()
    return try locked(report) { session throws(MigrationError) in
      try undo(migrations, session, target, expected, report)
    }
  }

  func apply(
    _ migrations: [Migration], _ session: any MigrationSession, _ target: MigrationTarget,
    _ report: @escaping (Event) -> Void
  ) throws(MigrationError) -> [Done] {
    let runner = runner(session, report)
    try session.begin(lockTimeout: lockTimeout)
    defer { session.rollback() }
    // Nobody else changes the records from here on: the lock is held, and a version is recorded once.
    let pending = try overview(migrations, session)
      .toApply(target, acceptingOutOfOrder: acceptsOutOfOrder)
    try attempt { () throws(DatabaseError) in
      try MigrationRecords(session: session).createTable()
    }
    if pending.isEmpty {
      // The table of records stays, so that it is known from now on that nothing is applied.
      try attempt { () throws(DatabaseError) in try session.commit() }
    }
    var done: [Done] = []
    for next in pending {
      if !done.isEmpty {
        try interruption?.check("stopped before migration \(next.title); what was applied stays")
        try session.begin(lockTimeout: lockTimeout)
      }
      report(.applying(next))
      let one = Done(migration: next, duration: try runner.apply(next))
      report(.applied(one))
      done.append(one)
    }
    return done
  }

  func undo(
    _ migrations: [Migration], _ session: any MigrationSession, _ target: MigrationTarget,
    _ expected: [MigrationVersion]?, _ report: @escaping (Event) -> Void
  ) throws(MigrationError) -> [Done] {
    let runner = runner(session, report)
    try session.begin(lockTimeout: lockTimeout)
    defer { session.rollback() }
    let selected = try selection(migrations, session, target, expected)
    var done: [Done] = []
    for (next, recorded) in selected {
      if !done.isEmpty {
        try interruption?.check("stopped before undoing \(next.title); what was undone stays so")
        try session.begin(lockTimeout: lockTimeout)
      }
      report(.undoing(next))
      let one = Done(migration: next, duration: try runner.undo(next, recordedAs: recorded))
      report(.undone(one))
      done.append(one)
    }
    return done
  }

  // MARK: What the topics share

  func overview(
    _ migrations: [Migration], _ session: any MigrationSession
  ) throws(MigrationError) -> MigrationOverview {
    try attempt { () throws(DatabaseError) in
      // Before the records: of tables that another runner makes meanwhile nothing is seen without them.
      let tables = try session.tables()
      let records = try MigrationRecords(session: session).all()
      return MigrationOverview(
        migrations: migrations, records: records, origin: origin,
        otherTool: try session.recordsTableExists() ? nil : try session.otherToolsTable(),
        unrecordedTables: records.isEmpty ? tables : [])
    }
  }

  /// What is to be undone, the newest first, with the version each is recorded under.
  func selection(
    _ migrations: [Migration], _ session: any MigrationSession, _ target: MigrationTarget,
    _ expected: [MigrationVersion]?
  ) throws(MigrationError) -> [(Migration, recordedAs: MigrationVersion)] {
    let overview = try overview(migrations, session)
    let selected = try overview.toUndo(target)
    if let expected, expected != selected.map(\.version) {
      throw MigrationError(
        .busy, "somebody else migrated this database meanwhile; look at it and try again")
    }
    let recorded = Dictionary(
      overview.recorded.map { ($0.version, $0.record?.version ?? $0.version) }
    ) { first, _ in first }
    return selected.map { ($0, recordedAs: recorded[$0.version] ?? $0.version) }
  }

  func runner(
    _ session: any MigrationSession, _ report: @escaping (Event) -> Void
  ) -> MigrationRunner {
    MigrationRunner(session: session, dialect: database.dialect, interruption: interruption) {
      report(.notice($0))
    }
  }

  /// Runs `body` in a session that holds the lock.
  func locked<Result>(
    _ report: @escaping (Event) -> Void,
    _ body: (any MigrationSession) throws(MigrationError) -> Result
  ) throws(MigrationError) -> Result {
    let session = try open(isWriter: true)
    try session.lock(timeout: lockTimeout, interruption: interruption) {
      report(.waiting(holder: $0))
    }
    defer { session.unlock() }
    return try body(session)
  }

  func attempt<Result>(
    _ body: () throws(DatabaseError) -> Result
  ) throws(MigrationError) -> Result {
    do throws(DatabaseError) {
      return try body()
    } catch {
      throw MigrationError(error)
    }
  }

  func open(isWriter: Bool) throws(MigrationError) -> any MigrationSession {
    switch database.engine {
    case .sqlite(let path):
      // Another project's file keeps the journal it has.
      let isOurs = if case .embedded = origin { true } else { false }
      return try attempt { () throws(DatabaseError) in
        try SQLiteMigrationSession(
          path: path,
          access: isWriter
            ? (database.access == .create ? .readWrite : database.access) : .readOnly,
          usesWAL: isWriter && isOurs, lockTimeout: lockTimeout)
      }
    case .postgres(let conninfo):
      return try PostgresMigrationSession(
        conninfo: conninfo, isWriter: isWriter, lockTimeout: lockTimeout)
    }
  }

  /// Nil if the database is not there yet.
  private func openForReading() throws(MigrationError) -> (any MigrationSession)? {
    guard try DatabaseAdministration(database).exists() else { return nil }
    return try open(isWriter: false)
  }
}
