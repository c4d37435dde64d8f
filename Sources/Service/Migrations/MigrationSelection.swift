/// How far to go.
public struct MigrationTarget: Sendable, Equatable {
  /// Up: the last version to apply. Down: the one to come back to, which stays; 0 for none.
  public var version: MigrationVersion?
  /// At most this many migrations; nil for all when going up, one when coming down.
  public var steps: Int?

  public init(version: MigrationVersion? = nil, steps: Int? = nil) {
    self.version = version
    self.steps = steps
  }
}

extension MigrationOverview {
  /// What is to be applied to reach `target`, in order.
  ///
  /// - Throws: what stands in the way of applying anything, and what is wrong with the scripts
  ///   themselves, before the first of them runs.
  public func toApply(
    _ target: MigrationTarget, acceptingOutOfOrder: Bool = false
  ) throws(MigrationError) -> [Migration] {
    try requireSound(acceptingOutOfOrder: acceptingOutOfOrder)
    return try pending(target)
  }

  /// What is not applied up to `target`, in order, whatever stands in the way.
  func pending(_ target: MigrationTarget) throws(MigrationError) -> [Migration] {
    var selected = unapplied.compactMap(\.migration)
    if let version = target.version {
      guard entries.contains(where: { $0.version == version }) else { throw unknown(version) }
      selected = selected.filter { $0.version <= version }
    }
    if let steps = target.steps { selected = Array(selected.prefix(max(steps, 0))) }
    for migration in selected { _ = try migration.up.statements(origin.dialect) }
    return selected
  }

  /// What is to be undone to come back to `target`, the newest first. A changed or unfinished
  /// migration can be undone as well.
  ///
  /// - Throws: if one of them has no way back, before the first of them is undone.
  public func toUndo(_ target: MigrationTarget) throws(MigrationError) -> [Migration] {
    var selected = Array(recorded.reversed())
    if let version = target.version {
      guard version.isZero || entries.contains(where: { $0.version == version }) else {
        throw unknown(version)
      }
      selected = selected.filter { $0.version > version }
    }
    if target.version == nil || target.steps != nil {
      selected = Array(selected.prefix(max(target.steps ?? 1, 0)))
    }
    var migrations: [Migration] = []
    for entry in selected {
      guard let migration = entry.migration else {
        throw MigrationError(
          entry.state == .newer ? .newerDatabase : .missingFile,
          entry.state == .newer
            ? origin.newerSentence(entry.title)
            : "migration \(entry.title) cannot be undone, since its file is missing from "
              + "\(origin.place); bring the file back")
      }
      guard let down = migration.down else {
        throw MigrationError(
          .missingInput,
          "migration \(migration.title) cannot be undone: \(migration.up.file) has no down script"
            + origin.downAdvice(migration),
          place: .init(version: migration.version.digits, file: migration.up.file))
      }
      _ = try down.statements(origin.dialect)
      migrations.append(migration)
    }
    return migrations
  }

  private func unknown(_ version: MigrationVersion) -> MigrationError {
    MigrationError(
      .usage,
      "there is no migration \(version) in \(origin.place); lynx migrate status lists what there is"
    )
  }
}

extension MigrationOrigin {
  fileprivate func downAdvice(_ migration: Migration) -> String {
    switch self {
    case .embedded: ", since links would be lost with it"
    case .directory: "; write \(migration.title).down.sql or a -- migrate:down section"
    }
  }
}
