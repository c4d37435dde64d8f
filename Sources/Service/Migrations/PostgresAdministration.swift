internal import Databases

/// CREATE DATABASE and DROP DATABASE, for which one connects to another database of the server.
struct PostgresAdministration {
  private let conninfo: String

  init(_ conninfo: String) {
    self.conninfo = conninfo
  }

  /// False if another process made it meanwhile.
  func create() throws(MigrationError) -> Bool {
    let name = try databaseName()
    return try administering { connection throws(DatabaseError) in
      let quoted = try connection.quoted(identifier: name)
      do throws(DatabaseError) {
        do throws(DatabaseError) {
          try connection.execute(
            "CREATE DATABASE \(quoted) TEMPLATE template0 ENCODING 'UTF8'")
        } catch {
          // invalid_parameter_value: the server's locale has another encoding.
          guard error.code == "22023" else { throw error }
          try connection.execute("CREATE DATABASE \(quoted) TEMPLATE template0")
        }
        return true
      } catch {
        // insufficient_privilege
        if error.code == "42501" {
          throw DatabaseError(
            .notPermitted,
            "database \(name) does not exist, and this user may not create it: create it with CREATE "
              + "DATABASE, or name another in the URL (\(error.message))", code: error.code)
        }
        // duplicate_database, and how two that create at the same moment find out.
        guard error.code == "42P04" || error.code == "23505" else { throw error }
        return false
      }
    }
  }

  func drop() throws(MigrationError) {
    let name = try databaseName()
    guard name != "postgres" else {
      throw MigrationError(
        .usage, "database postgres is what others are dropped from; lynx does not drop it")
    }
    try administering { connection throws(DatabaseError) in
      do throws(DatabaseError) {
        try connection.execute("DROP DATABASE \(try connection.quoted(identifier: name))")
      } catch {
        // object_in_use
        guard error.code == "55006" else { throw error }
        throw DatabaseError(
          .busy, "database \(name) is in use by others and was not dropped; stop those first")
      }
    }
  }

  /// Runs `body` connected to the server's database postgres.
  private func administering<Result>(
    _ body: (PostgresConnection) throws(DatabaseError) -> Result
  ) throws(MigrationError) -> Result {
    do throws(DatabaseError) {
      // libpq: of a setting that is given twice, the last one counts.
      let separator = conninfo.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
      return try body(
        PostgresConnection(conninfo: conninfo + separator + "dbname=postgres"))
    } catch {
      throw MigrationError(error)
    }
  }

  private func databaseName() throws(MigrationError) -> String {
    guard let name = PostgresURLText(conninfo).database else {
      throw MigrationError(
        .usage,
        "the database URL names no database; write it as in postgresql://user@host/database")
    }
    return name
  }
}
