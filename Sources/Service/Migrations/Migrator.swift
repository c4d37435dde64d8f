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

  public init(database: DatabaseURL, origin: MigrationOrigin) {
    self.database = database
    self.origin = origin
  }

  /// Files and records side by side. Changes nothing, not even for a database that is not there
  /// yet: then nothing is applied.
  public func overview() throws(MigrationError) -> MigrationOverview {
    let migrations = try origin.migrations()
    guard let session = try openForReading() else {
      return MigrationOverview(migrations: migrations, records: [], origin: origin)
    }
    return try overview(migrations, session)
  }

  /// Applies what is pending; the database is created if it is not there.
  public func up(
    _ target: MigrationTarget = MigrationTarget(), report: (Event) -> Void = { _ in }
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
    report: (Event) -> Void = { _ in }
  ) throws(MigrationError) -> [Done] {
    let migrations = try origin.migrations()
    return try locked(report) { session throws(MigrationError) in
      try undo(migrations, session, target, expected, report)
    }
  }

  /// Undoes the last migrations, one if `steps` is nil, and applies them again.
  public func redo(
    steps: Int?, expected: [MigrationVersion]? = nil, report: (Event) -> Void = { _ in }
  ) throws(MigrationError) -> (undone: [Done], applied: [Done]) {
    let migrations = try origin.migrations()
    return try locked(report) {
      session throws(MigrationError) -> (undone: [Done], applied: [Done]) in
      let undone = try undo(
        migrations, session, MigrationTarget(steps: steps), expected, report)
      let applied = try apply(
        migrations, session, MigrationTarget(steps: undone.count), report)
      return (undone, applied)
    }
  }

  private func apply(
    _ migrations: [Migration], _ session: any MigrationSession, _ target: MigrationTarget,
    _ report: (Event) -> Void
  ) throws(MigrationError) -> [Done] {
    let runner = MigrationRunner(session: session, dialect: database.dialect)
    var done: [Done] = []
    while true {
      try session.begin(lockTimeout: lockTimeout)
      defer { session.rollback() }
      try attempt { () throws(DatabaseError) in
        try MigrationRecords(session: session).createTable()
      }
      var rest = target
      if let steps = target.steps { rest.steps = steps - done.count }
      let pending = try overview(migrations, session)
        .toApply(rest, acceptingOutOfOrder: acceptsOutOfOrder)
      guard let next = pending.first else {
        // The table of records stays, so that it is known from now on that nothing is applied.
        try attempt { () throws(DatabaseError) in try session.commit() }
        return done
      }
      report(.applying(next))
      let one = Done(migration: next, duration: try runner.apply(next))
      report(.applied(one))
      done.append(one)
    }
  }

  private func undo(
    _ migrations: [Migration], _ session: any MigrationSession, _ target: MigrationTarget,
    _ expected: [MigrationVersion]?, _ report: (Event) -> Void
  ) throws(MigrationError) -> [Done] {
    let runner = MigrationRunner(session: session, dialect: database.dialect)
    var done: [Done] = []
    while true {
      try session.begin(lockTimeout: lockTimeout)
      defer { session.rollback() }
      var rest = target
      if rest.version == nil { rest.steps = rest.steps ?? 1 }
      if let steps = rest.steps { rest.steps = steps - done.count }
      let overview = try overview(migrations, session)
      let selected = try overview.toUndo(rest)
      if let expected, Array(expected.dropFirst(done.count)) != selected.map(\.version) {
        throw MigrationError(
          .busy, "somebody else migrated this database meanwhile; look at it and try again")
      }
      guard let next = selected.first,
        let record = overview.entries.first(where: { $0.version == next.version })?.record
      else { return done }
      report(.undoing(next))
      let one = Done(
        migration: next, duration: try runner.undo(next, recordedAs: record.version))
      report(.undone(one))
      done.append(one)
    }
  }

  // MARK: What the topics share

  func overview(
    _ migrations: [Migration], _ session: any MigrationSession
  ) throws(MigrationError) -> MigrationOverview {
    let records = try attempt { () throws(DatabaseError) in
      try MigrationRecords(session: session).all()
    }
    return MigrationOverview(migrations: migrations, records: records, origin: origin)
  }

  /// Runs `body` in a session that holds the lock.
  func locked<Result>(
    _ report: (Event) -> Void, _ body: (any MigrationSession) throws(MigrationError) -> Result
  ) throws(MigrationError) -> Result {
    let session = try open(isWriter: true)
    try session.lock(timeout: lockTimeout) { report(.waiting(holder: $0)) }
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
      return try PostgresMigrationSession(conninfo: conninfo, isWriter: isWriter)
    }
  }

  /// Nil if the database is not there yet.
  private func openForReading() throws(MigrationError) -> (any MigrationSession)? {
    guard try DatabaseAdministration(database).exists() else { return nil }
    return try open(isWriter: false)
  }
}
