internal import Databases
internal import LinuxSystem

/// What is found of a PostgreSQL database, stage by stage and shared by the checks.
final class PostgresFindings: Sendable {
  private let subject: DatabaseSubject
  /// Connections that a server would open.
  private let wantedConnections: Int
  private let reach: Shared<Result<PostgresReach, DatabaseError>>
  private let connection: Shared<PostgresReach.Connection?>
  private let session: Shared<Result<PostgresFacts, DatabaseError>?>

  init(_ subject: DatabaseSubject, conninfo: String, wantedConnections: Int) {
    self.subject = subject
    self.wantedConnections = wantedConnections
    let reach = Shared {
      Result { () throws(DatabaseError) in
        PostgresReach(target: try PostgresTarget(conninfo: conninfo))
      }
    }
    let connection = Shared { (try? reach.value.get())?.connect() }
    self.reach = reach
    self.connection = connection
    session = Shared {
      guard let connection = connection.value, connection.host != nil else { return nil }
      if case .strange = connection.encryption { return nil }
      return PostgresFacts.ask(conninfo)
    }
  }

  private static let notReached = Finding(.notApplicable, "the server was not reached")
  private static let notLetIn = Finding(.notApplicable, "the server did not let us in")

  // MARK: The way there

  var lookup: Finding {
    switch reach.value {
    case .success(let reach): reach.lookup
    case .failure(let error):
      Finding(
        .failed, error.message, expected: "a URL that libpq understands",
        remedy: Remedy("export DATABASE_URL=postgresql://USER@HOST/DATABASE"))
    }
  }

  var reachable: Finding {
    guard case .success(let reach) = reach.value, !reach.addresses.isEmpty else {
      return Finding(.notApplicable, "there is no address to connect to")
    }
    return connection.value?.finding ?? Self.notReached
  }

  var encryption: Finding {
    guard case .success(let reach) = reach.value, let connection = connection.value else {
      return Self.notReached
    }
    return PostgresReach.encryption(connection, reach.target, session: session.value)
  }

  /// Whether user, password and database are taken.
  var signIn: Finding {
    guard let session = session.value else { return Self.notReached }
    switch session {
    case .success(let facts):
      return Finding(.ok, "user \(facts.user) on database \(facts.database)")
    case .failure(let error):
      if error.isOfEncryption { return Self.notReached }
      return Finding(
        .failed, error.message, expected: "user, password and database that the server takes",
        remedy: signInRemedy(error))
    }
  }

  private func signInRemedy(_ error: DatabaseError) -> Remedy {
    guard case .success(let reach) = reach.value else { return Remedy(subject.migrate("status")) }
    let user = SQLText.identifier(reach.target.user)
    switch error.code {
    case "3D000": return Remedy(subject.migrate("up"))
    case "28P01":
      return Remedy(
        "put the right password into the URL, PGPASSWORD or ~/.pgpass",
        alternatives: [psql("postgres", "postgres", "\\password \(user)")])
    case "28000":
      return Remedy(
        "add a line for the user to the server's pg_hba.conf and reload it",
        alternatives: [psql("postgres", "postgres", "SELECT pg_reload_conf()")])
    case "53300":
      return Remedy(
        psql("postgres", "postgres", "ALTER SYSTEM SET max_connections = 200")
          + "  # then restart it")
    case "42501":
      return Remedy(
        psql(
          "postgres", "postgres",
          "GRANT CONNECT ON DATABASE \(SQLText.identifier(reach.target.database)) TO \(user)"))
    case "57P03": return Remedy("lynx migrate wait")
    default:
      return Remedy("put the password into the URL, PGPASSWORD or ~/.pgpass")
    }
  }

  /// A line that has the server run something as a role.
  private func psql(_ role: String, _ database: String, _ sql: String) -> String {
    guard let host = connection.value?.host else { return "psql -c \(shellWord(sql))" }
    let place = host.name.isEmpty ? "" : " -h \(shellWord(host.name))"
    return
      "psql\(place) -p \(host.port) -U \(shellWord(role)) -d \(shellWord(database)) -c \(shellWord(sql))"
  }

  // MARK: What is there

  private func asked(_ find: (PostgresFacts) -> Finding) -> Finding {
    guard let session = session.value else { return Self.notReached }
    guard case .success(let facts) = session else { return Self.notLetIn }
    return find(facts)
  }

  var version: Finding {
    asked { facts in
      EngineVersions.postgres(
        facts.version, unixSeconds: Int64(clamping: Clock.wallNanoseconds / 1_000_000_000))
    }
  }

  var rights: Finding {
    asked { facts in
      if facts.isReplica {
        return Finding(
          .failed, "the server is a read replica, which takes no writes", expected: "the primary",
          remedy: Remedy("name the primary: --database-url postgresql://…"))
      }
      if facts.missingRights.isEmpty {
        return Finding(
          .ok,
          facts.isSuperuser
            ? "\(facts.user) is a superuser" : "\(facts.user) may do what a server does")
      }
      let role = SQLText.identifier(facts.user)
      let grants = facts.missingRights.map { "GRANT \($0) TO \(role)" }.joined(separator: "; ")
      return Finding(
        .failed, "\(facts.user) lacks " + facts.missingRights.joined(separator: "; "),
        expected: facts.hasTables ? "the rights that a server needs" : "the right to make tables",
        remedy: Remedy(psql(facts.owner, facts.database, grants)))
    }
  }

  var schema: Finding {
    asked { facts in
      if facts.missingRights.contains(where: {
        $0.contains("USAGE ON SCHEMA") || $0.contains("lynx_migrations")
      }) {
        return Finding(.notApplicable, "\(facts.user) may not look at it")
      }
      return SchemaFinding.find(subject, present: facts.tables)
    }
  }

  /// Against what the server, the role and the database still have.
  var connections: Finding {
    asked { facts in
      let reserved = facts.isSuperuser ? 0 : facts.reservedConnections
      let free =
        [
          facts.connectionLimit - reserved - facts.usedConnections,
          facts.roleLimit.map { $0 - facts.roleConnections },
          facts.databaseLimit.map { $0 - facts.databaseConnections },
        ].compactMap { $0 }.min() ?? 0
      let running = facts.lynxConnections > 0 ? ", \(facts.lynxConnections) of them by Lynx" : ""
      let observed =
        "\(max(0, free)) left; \(facts.usedConnections) of max_connections \(facts.connectionLimit) are used\(running)"
      if free >= wantedConnections { return Finding(.ok, observed) }
      if facts.roleLimit.map({ $0 - facts.roleConnections < wantedConnections }) ?? false {
        return Finding(
          .failed,
          "role \(facts.user) may have \(facts.roleLimit ?? 0), \(facts.roleConnections) are used",
          expected: "\(wantedConnections) for a server",
          remedy: Remedy(
            psql(
              "postgres", facts.database,
              "ALTER ROLE \(SQLText.identifier(facts.user)) CONNECTION LIMIT -1")))
      }
      if facts.databaseLimit.map({ $0 - facts.databaseConnections < wantedConnections }) ?? false {
        return Finding(
          .failed,
          "database \(facts.database) may have \(facts.databaseLimit ?? 0), \(facts.databaseConnections) are used",
          expected: "\(wantedConnections) for a server",
          remedy: Remedy(
            psql(
              facts.owner, facts.database,
              "ALTER DATABASE \(SQLText.identifier(facts.database)) CONNECTION LIMIT -1")))
      }
      let more = facts.connectionLimit + max(100, wantedConnections)
      return Finding(
        .failed, observed, expected: "\(wantedConnections) for a server",
        remedy: Remedy(
          psql("postgres", facts.database, "ALTER SYSTEM SET max_connections = \(more)")
            + "  # then restart PostgreSQL"))
    }
  }
}

/// Names as SQL writes them.
enum SQLText {
  static func identifier(_ name: String) -> String {
    var text = String.UnicodeScalarView()
    for scalar in name.unicodeScalars {
      if scalar == "\"" { text.append(scalar) }
      text.append(scalar)
    }
    return "\"" + String(text) + "\""
  }
}
