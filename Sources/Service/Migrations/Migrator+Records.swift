internal import Databases

extension Migrator {
  /// What a repair changes.
  public enum Repair: Sendable, Equatable {
    /// The file as it is now is what counts.
    case acceptedChange(String, file: String)
    /// A migration that stopped halfway counts as applied.
    case finished(String)
    /// A migration whose file is gone is no longer recorded.
    case forgotten(String)

    public var title: String {
      switch self {
      case .acceptedChange(let title, _), .finished(let title), .forgotten(let title): title
      }
    }
  }

  /// Makes the records agree with the files, without running any SQL of theirs: takes changed files
  /// as they are, unfinished migrations for done, and forgets records whose file is gone.
  ///
  /// - Parameter expected: what somebody agreed to; if it is something else by now, nothing is changed
  ///   and the error is ``MigrationError/Kind/busy``.
  /// - Throws: as ``MigrationOverview/repairs()``.
  public func repair(
    expected: [Repair]? = nil, report: @escaping (Event) -> Void = { _ in }
  ) throws(MigrationError) -> [Repair] {
    let migrations = try origin.migrations()
    return try locked(report) { session throws(MigrationError) in
      try session.begin(lockTimeout: lockTimeout)
      defer { session.rollback() }
      let overview = try overview(migrations, session)
      let repairs = try overview.repairs()
      if let expected, expected != repairs {
        throw MigrationError(
          .busy, "somebody else migrated this database meanwhile; look at it and try again")
      }
      try attempt { () throws(DatabaseError) in
        let records = MigrationRecords(session: session)
        for entry in overview.entries {
          switch (entry.state, entry.migration) {
          case (.changed, let migration?), (.dirty, let migration?):
            try records.accept(migration, recordedAs: entry.record?.version ?? entry.version)
          case (.missing, _): try records.delete(entry.version)
          default: break
          }
        }
        try session.commit()
      }
      return repairs
    }
  }

  /// Records the migrations up to `version`, all if nil and none if 0, as applied without running them:
  /// for a database that another tool brought there.
  ///
  /// - Throws: if anything is recorded already.
  public func baseline(
    to version: MigrationVersion?, report: @escaping (Event) -> Void = { _ in }
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
      let chosen =
        version?.isZero == true ? [] : try overview.pending(MigrationTarget(version: version))
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

extension MigrationOverview {
  /// What a repair would change, in order.
  ///
  /// - Throws: if the database is newer than the files, no record has a file, or a file is of another
  ///   project: then something else is wrong.
  public func repairs() throws(MigrationError) -> [Migrator.Repair] {
    let reasons: [MigrationError.Kind] = [.otherTool, .otherProject, .newerDatabase]
    if let reason = problems().first(where: { reasons.contains($0.kind) }) { throw reason }
    if !recorded.isEmpty, recorded.allSatisfy({ $0.migration == nil }) {
      throw MigrationError(
        .missingFile,
        "no migration of the database has a file in \(origin.place); check --dir and --database-url"
      )
    }
    return entries.compactMap { entry in
      switch entry.state {
      case .changed: .acceptedChange(entry.title, file: entry.migration?.up.file ?? "")
      case .dirty where entry.migration != nil: .finished(entry.title)
      case .missing: .forgotten(entry.title)
      default: nil
      }
    }
  }
}
