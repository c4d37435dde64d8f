internal import Databases
internal import LinkStores
internal import Migrations

/// Whether the schema is the one that this lynx was made for.
enum SchemaFinding {
  /// - Parameter present: the tables that there are, as far as that is known.
  static func find(_ subject: DatabaseSubject, present: Set<String>?) -> Finding {
    var migrator = Migrator(database: subject.url, origin: .embedded(subject.url.dialect))
    migrator.lockTimeout = .milliseconds(300)
    do throws(MigrationError) {
      return finding(try migrator.overview(), subject, present)
    } catch {
      return Finding(
        .failed, error.message, expected: "a schema that can be looked at",
        remedy: Remedy(subject.migrate("status")))
    }
  }

  private static func finding(
    _ overview: MigrationOverview, _ subject: DatabaseSubject, _ present: Set<String>?
  ) -> Finding {
    let newest = overview.entries.last { $0.migration != nil }?.title ?? ""
    let expected = "all migrations to \(newest), as they are in this lynx"
    if let problem = overview.problems().first {
      return Finding(
        .failed, problem.message, expected: expected, remedy: remedy(problem.kind, subject))
    }
    if overview.unapplied.isEmpty {
      // What somebody else took away no migration knows of. The tables are the same on SQLite.
      let missing = PostgresRights.tables.map(\.table).filter { present?.contains($0) == false }
      guard missing.isEmpty else {
        return Finding(
          .failed,
          "recorded as made, and not there: \(missing.joined(separator: ", "))",
          expected: "the tables that the migrations made",
          remedy: Remedy("restore the database from a backup, or name an empty one"))
      }
      return Finding(.ok, "\(overview.recorded.count) migrations, the newest \(newest)")
    }
    let up = Remedy(subject.migrate("up"))
    if !overview.recorded.isEmpty {
      let pending = overview.unapplied.map(\.title).joined(separator: ", ")
      return Finding(.failed, "pending: \(pending)", expected: expected, remedy: up)
    }
    let tables = overview.unrecordedTables
    if tables.isEmpty {
      return Finding(.ok, "empty; lynx serve makes the schema when it starts")
    }
    let named = tables.prefix(3).joined(separator: ", ") + (tables.count > 3 ? " …" : "")
    return Finding(
      .failed, "tables that no migration recorded: \(named)",
      expected: "an empty database, or a Lynx's",
      remedy: Remedy(
        "name a database of its own: --database-url \(another(subject))",
        alternatives: [up.line + "   # if the tables are to stay beside Lynx's, after a backup"]))
  }

  private static func another(_ subject: DatabaseSubject) -> String {
    if case .sqlite = subject.url.engine { return "sqlite://./links.db" }
    return "postgresql://USER@HOST/links"
  }

  private static func remedy(
    _ kind: MigrationError.Kind, _ subject: DatabaseSubject
  ) -> Remedy {
    switch kind {
    case .newerDatabase: Remedy("install the lynx that made it, or a newer one")
    case .drift, .missingFile, .dirty: Remedy(subject.migrate("repair"))
    case .outOfOrder: Remedy(subject.migrate("up --out-of-order"))
    default: Remedy(subject.migrate("status"))
    }
  }
}
