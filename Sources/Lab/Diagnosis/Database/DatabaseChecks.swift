internal import Databases

/// Whether the database can be used: reached, understood, sound and current.
public enum DatabaseChecks {
  /// As many as `lynx serve` opens by default, with the one that listens.
  private static let usualConnections = 6

  public static func all(_ subject: Subject) -> [Check] {
    let found = DatabaseSubject.find(subject)
    var postgres: PostgresFindings?
    var sqlite: SQLiteFindings?
    var absence = Finding(.notApplicable, "the database is another")
    switch found {
    case .failure(let absent): absence = absent.finding
    case .success(let database):
      switch database.url.engine {
      case .sqlite(let path): sqlite = SQLiteFindings(subject: database, path: path)
      case .postgres(let conninfo):
        postgres = PostgresFindings(
          database, conninfo: conninfo,
          wantedConnections: subject.serving?.databaseConnections ?? usualConnections)
      }
    }
    let none = absence
    let schema = schemaCheck(postgres, sqlite, none)
    return [urlCheck(found)] + checks(postgres) + checks(sqlite) + [schema]
  }

  private static func check(
    _ name: String, _ title: String, _ probe: @escaping @Sendable () -> Finding
  ) -> Check {
    Check(
      id: "database.\(name)", group: .database, title: title, deadline: .milliseconds(1600),
      probe: probe)
  }

  private static func urlCheck(
    _ found: Result<DatabaseSubject, DatabaseSubject.Absence>
  ) -> Check {
    check("url", "which database") {
      switch found {
      case .success(let database): Finding(.ok, "\(database.url)")
      case .failure(let absence): absence.finding
      }
    }
  }

  private static func checks(_ findings: PostgresFindings?) -> [Check] {
    func one(
      _ name: String, _ title: String, _ find: @escaping @Sendable (PostgresFindings) -> Finding
    ) -> Check {
      check(name, "PostgreSQL: \(title)") {
        findings.map(find) ?? Finding(.notApplicable, "the database is not PostgreSQL")
      }
    }
    return [
      one("name", "host's name") { $0.lookup },
      one("connect", "connection") { $0.reachable },
      one("tls", "encryption") { $0.encryption },
      one("sign_in", "sign-in") { $0.signIn },
      one("version", "version") { $0.version },
      one("rights", "rights") { $0.rights },
      one("connections", "connections left") { $0.connections },
    ]
  }

  private static func checks(_ findings: SQLiteFindings?) -> [Check] {
    func one(
      _ name: String, _ title: String, _ find: @escaping @Sendable (SQLiteFindings) -> Finding
    ) -> Check {
      check(name, "SQLite: \(title)") {
        findings.map(find) ?? Finding(.notApplicable, "the database is not SQLite")
      }
    }
    return [
      one("file", "file") { $0.file },
      one("wal", "write-ahead log") { $0.wal },
      one("integrity", "integrity") { $0.integrity },
      one("library", "library") { _ in EngineVersions.sqlite(SQLiteConnection.version) },
    ]
  }

  private static func schemaCheck(
    _ postgres: PostgresFindings?, _ sqlite: SQLiteFindings?, _ none: Finding
  ) -> Check {
    check("schema", "schema") {
      if let postgres { return postgres.schema }
      return sqlite?.schema ?? Finding(.notApplicable, "there is no database to look at")
    }
  }
}
