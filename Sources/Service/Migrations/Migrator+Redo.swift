internal import Databases

extension Migrator {
  /// Undoes the last migrations, one if `steps` is nil, and applies them again: in one transaction if
  /// all their scripts can run in one.
  public func redo(
    steps: Int?, expected: [MigrationVersion]? = nil, report: @escaping (Event) -> Void = { _ in }
  ) throws(MigrationError) -> (undone: [Done], applied: [Done]) {
    let migrations = try origin.migrations()
    return try locked(report) {
      session throws(MigrationError) -> (undone: [Done], applied: [Done]) in
      try session.begin(lockTimeout: lockTimeout)
      defer { session.rollback() }
      let selected = try selection(migrations, session, MigrationTarget(steps: steps), expected)
      // What cannot be applied again is not undone.
      for (migration, _) in selected { _ = try migration.up.statements(database.dialect) }
      if selected.allSatisfy({ $0.0.up.isTransactional && $0.0.down?.isTransactional == true }) {
        return try redoTogether(migrations, session, selected, report)
      }
      session.rollback()
      let undone = try undo(
        migrations, session, MigrationTarget(steps: steps), selected.map(\.0.version), report)
      do throws(MigrationError) {
        let target = MigrationTarget(steps: undone.count)
        return (undone, try apply(migrations, session, target, report))
      } catch {
        var error = error
        error.message +=
          "; before that \(undone.map(\.migration.title).joined(separator: ", ")) was undone, and "
          + "lynx migrate status says what is applied now"
        throw error
      }
    }
  }

  /// In the transaction that is open. What is done is told once it is committed.
  private func redoTogether(
    _ migrations: [Migration], _ session: any MigrationSession,
    _ selected: [(Migration, recordedAs: MigrationVersion)], _ report: @escaping (Event) -> Void
  ) throws(MigrationError) -> (undone: [Done], applied: [Done]) {
    let runner = runner(session, report)
    var undone: [Done] = []
    var applied: [Done] = []
    for (migration, recorded) in selected {
      report(.undoing(migration))
      let duration = try runner.undo(migration, recordedAs: recorded, commits: false)
      undone.append(Done(migration: migration, duration: duration))
      try attempt { () throws(DatabaseError) in
        try session.settleInTransaction(lockTimeout: lockTimeout)
      }
    }
    let pending = try overview(migrations, session)
      .toApply(MigrationTarget(steps: max(1, selected.count)))
    for (index, migration) in pending.enumerated() where index < selected.count {
      report(.applying(migration))
      let duration = try runner.apply(migration, commits: false)
      applied.append(Done(migration: migration, duration: duration))
      try attempt { () throws(DatabaseError) in
        try session.settleInTransaction(lockTimeout: lockTimeout)
      }
    }
    try attempt { () throws(DatabaseError) in
      try session.commit()
      try session.settle()
    }
    for one in undone { report(.undone(one)) }
    for one in applied { report(.applied(one)) }
    return (undone, applied)
  }
}
