/// Files and records side by side. Pure: nothing is read or changed.
public struct MigrationOverview: Sendable {
  public enum State: String, Sendable {
    case applied
    case pending
    /// Applied, and its file changed since.
    case changed
    /// A migration without a transaction that did not finish.
    case dirty
    /// Not applied, though a later one is.
    case outOfOrder = "out of order"
    /// Applied, and its file is gone.
    case missing
    /// Applied, and later than all files: these files are older than the database.
    case newer
  }

  public struct Entry: Sendable {
    public let version: MigrationVersion
    public let name: String
    public let state: State
    public let record: MigrationRecord?
    public let migration: Migration?

    public var title: String { Migration.title(version, name) }

    /// Whether the file has another name and other SQL than what was applied under its number:
    /// everybody counts from 1.
    var isOfOtherProject: Bool {
      guard let record, let migration else { return false }
      return record.name != migration.name && record.checksum != migration.up.checksum
    }
  }

  /// In the order of their versions.
  public let entries: [Entry]
  /// Where the migrations are, for messages.
  let origin: MigrationOrigin
  /// Whether there is a database at all.
  public let databaseExists: Bool
  /// Another tool's table of records, where there is none of ours.
  let otherTool: String?
  /// Tables of a database in which nothing is recorded, whosever they are: on PostgreSQL those of the
  /// schemas on the search path that no extension made. Empty where something is.
  public let unrecordedTables: [String]

  init(
    migrations: [Migration], records: [MigrationRecord], origin: MigrationOrigin,
    databaseExists: Bool = true, otherTool: String? = nil, unrecordedTables: [String] = []
  ) {
    self.unrecordedTables = unrecordedTables
    self.origin = origin
    self.databaseExists = databaseExists
    self.otherTool = otherTool
    let newestFile = migrations.last?.version
    let newestRecord = records.map(\.version).max()
    let recorded = Dictionary(records.map { ($0.version, $0) }) { first, _ in first }
    let known = Set(migrations.map(\.version))
    var entries = migrations.map { migration in
      let record = recorded[migration.version]
      let state: State =
        if let record {
          if record.unfinishedStatement != 0 {
            .dirty
          } else {
            record.checksum == migration.up.checksum ? .applied : .changed
          }
        } else if let newestRecord, migration.version < newestRecord {
          .outOfOrder
        } else {
          .pending
        }
      return Entry(
        version: migration.version, name: migration.name, state: state, record: record,
        migration: migration)
    }
    for record in records where !known.contains(record.version) {
      let isNewer = newestFile.map { record.version > $0 } ?? true
      entries.append(
        Entry(
          version: record.version, name: record.name, state: isNewer ? .newer : .missing,
          record: record, migration: nil))
    }
    self.entries = entries.sorted { $0.version < $1.version }
  }

  /// What is applied, in order.
  public var recorded: [Entry] { entries.filter { $0.record != nil } }

  /// What is not applied, in order.
  public var unapplied: [Entry] { entries.filter { $0.record == nil } }

  /// What did not finish, in order.
  public var unfinished: [Entry] { entries.filter { $0.state == .dirty } }

  /// What stands in the way of applying more, each in a sentence; empty if nothing does.
  public func problems(acceptingOutOfOrder: Bool = false) -> [MigrationError] {
    let foreign = otherTool.map { [MigrationError(.otherTool, OtherTools.sentence($0))] } ?? []
    return foreign
      + entries.compactMap { entry in
        if entry.isOfOtherProject { return otherProject(entry) }
        return problem(entry, acceptingOutOfOrder)
      }
  }

  private func otherProject(_ entry: Entry) -> MigrationError {
    MigrationError(
      .otherProject,
      "the database has migration \(entry.record?.title ?? entry.title) where \(origin.place) has "
        + "\(entry.title), with other SQL: these look like two projects, which cannot share a "
        + "database; check --dir and --database-url, or give the file its old name back if it is the "
        + "same migration")
  }

  private func problem(_ entry: Entry, _ acceptingOutOfOrder: Bool) -> MigrationError? {
    switch entry.state {
    case .applied, .pending: nil
    case .newer: MigrationError(.newerDatabase, origin.newerSentence(entry.title))
    case .missing:
      MigrationError(
        .missingFile,
        "migration \(entry.title) is applied, but its file is missing from \(origin.place); "
          + "bring the file back, or accept that with lynx migrate repair")
    case .changed:
      MigrationError(
        .drift,
        "migration \(entry.title) was changed after it was applied (\(file(entry))); undo the "
          + "change and write a new migration, or accept it with lynx migrate repair")
    case .dirty:
      MigrationError(
        .dirty,
        "migration \(entry.title) did not finish: it runs without a transaction and stopped at "
          + "statement \(entry.record?.unfinishedStatement ?? 0)\(statementPlace(entry)); finish "
          + "it by hand and say so with lynx migrate repair, or undo it with lynx migrate down")
    case .outOfOrder:
      acceptingOutOfOrder
        ? nil
        : MigrationError(
          .outOfOrder,
          "migration \(entry.title) is not applied, though later ones are (\(file(entry))); give "
            + "it a later number, or apply it with lynx migrate up --out-of-order")
    }
  }

  /// Throws the gravest of the problems.
  func requireSound(acceptingOutOfOrder: Bool = false) throws(MigrationError) {
    let problems = problems(acceptingOutOfOrder: acceptingOutOfOrder)
    let order: [MigrationError.Kind] = [
      .otherTool, .otherProject, .newerDatabase, .dirty, .missingFile, .drift, .outOfOrder,
    ]
    for kind in order {
      if let problem = problems.first(where: { $0.kind == kind }) { throw problem }
    }
  }

  private func file(_ entry: Entry) -> String { entry.migration?.up.file ?? origin.place }

  private func statementPlace(_ entry: Entry) -> String {
    guard let script = entry.migration?.up, let number = entry.record?.unfinishedStatement,
      let statements = try? script.statements(origin.dialect),
      statements.indices.contains(number - 1)
    else { return "" }
    let statement = statements[number - 1]
    return " at \(script.place(statement.offset)) (\(statement.excerpt))"
  }
}

/// Where migrations come from.
public enum MigrationOrigin: Sendable {
  /// The schema of the service, in this executable.
  case embedded(SQLDialect)
  case directory(String, SQLDialect)

  public var dialect: SQLDialect {
    switch self {
    case .embedded(let dialect), .directory(_, let dialect): dialect
    }
  }

  var place: String {
    switch self {
    case .embedded: "this lynx"
    case .directory(let path, _): "'\(path)'"
    }
  }

  func newerSentence(_ title: String) -> String {
    switch self {
    case .embedded:
      "the database has migration \(title), which this lynx does not know: it is older than the "
        + "database; use the lynx that made it, or a newer one"
    case .directory(let path, _):
      "the database has migration \(title), which is later than all in '\(path)': the files are "
        + "older than the database; take in the newer ones, or check --dir and --database-url"
    }
  }

  /// The migrations there, in order.
  ///
  /// - Throws: ``MigrationError/Kind/missingInput`` if there is none.
  public func migrations() throws(MigrationError) -> [Migration] {
    switch self {
    case .embedded(let dialect): return try LynxSchema.migrations(for: dialect)
    case .directory(let path, _):
      let migrations = try MigrationDirectory(path: path).migrations
      guard !migrations.isEmpty else {
        throw MigrationError(
          .missingInput,
          "'\(path)' has no migrations; they are called NUMBER_NAME.up.sql or NUMBER_NAME.sql, and "
            + "lynx migrate new makes one")
      }
      return migrations
    }
  }
}
