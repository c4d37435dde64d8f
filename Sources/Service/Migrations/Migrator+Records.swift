internal import Databases

extension Migrator {
  /// What a repair changed.
  public enum Repair: Sendable {
    /// The file as it is now is what counts.
    case acceptedChange(String)
    /// A migration that stopped halfway counts as applied.
    case finished(String)
    /// A migration whose file is gone is no longer recorded.
    case forgotten(String)

    public var title: String {
      switch self {
      case .acceptedChange(let title), .finished(let title), .forgotten(let title): title
      }
    }
  }

  /// Makes the records agree with the files, without running any SQL of theirs: takes changed files
  /// as they are, unfinished migrations for done, and forgets records whose file is gone.
  ///
  /// - Throws: if the database is newer than the files, or no record has a file: then something else
  ///   is wrong.
  public func repair(report: (Event) -> Void = { _ in }) throws(MigrationError) -> [Repair] {
    let migrations = try origin.migrations()
    return try locked(report) { session throws(MigrationError) in
      try session.begin(lockTimeout: lockTimeout)
      defer { session.rollback() }
      let overview = try overview(migrations, session)
      if let newer = overview.problems().first(where: { $0.kind == .newerDatabase }) {
        throw newer
      }
      if !overview.recorded.isEmpty, overview.recorded.allSatisfy({ $0.migration == nil }) {
        throw MigrationError(
          .missingFile,
          "no migration of the database has a file in \(origin.place); check --dir and --database-url"
        )
      }
      return try attempt { () throws(DatabaseError) in
        let records = MigrationRecords(session: session)
        var repairs: [Repair] = []
        for entry in overview.entries {
          switch (entry.state, entry.migration) {
          case (.changed, let migration?):
            try records.accept(migration, recordedAs: entry.record?.version ?? entry.version)
            repairs.append(.acceptedChange(entry.title))
          case (.dirty, let migration?):
            try records.accept(migration, recordedAs: entry.record?.version ?? entry.version)
            repairs.append(.finished(entry.title))
          case (.missing, _):
            try records.delete(entry.version)
            repairs.append(.forgotten(entry.title))
          default: break
          }
        }
        try session.commit()
        return repairs
      }
    }
  }

  /// Records the migrations up to `version`, all if nil, as applied without running them: for a
  /// database that another tool brought there.
  ///
  /// - Throws: if anything is recorded already.
  public func baseline(
    to version: MigrationVersion?, report: (Event) -> Void = { _ in }
  ) throws(MigrationError) -> [Migration] {
    let migrations = try origin.migrations()
    return try locked(report) { session throws(MigrationError) in
      try session.begin(lockTimeout: lockTimeout)
      defer { session.rollback() }
      let overview = try overview(migrations, session)
      if let last = overview.recorded.last {
        throw MigrationError(
          .usage,
          "the database is at \(last.title) already; a baseline is for one without any record")
      }
      let chosen = try overview.toApply(MigrationTarget(version: version))
      try attempt { () throws(DatabaseError) in
        let records = MigrationRecords(session: session)
        try records.createTable()
        for migration in chosen { try records.insert(migration, duration: .zero) }
        try session.commit()
      }
      return chosen
    }
  }
}
