internal import Databases
internal import LinuxSystem
internal import Migrations

/// Whether a database has the schema that this program was made for.
struct SchemaKeeper: Sendable {
  let database: DatabaseURL

  private var migrator: Migrator {
    let dialect: SQLDialect =
      switch database.engine {
      case .sqlite: .sqlite
      case .postgres: .postgres
      }
    return Migrator(database: database, origin: .embedded(dialect))
  }

  /// Makes the schema in a database that is empty or not there; leaves every other as it is.
  ///
  /// - Returns: whether it was made.
  /// - Throws: ``ServiceError`` if there is another schema than this program's.
  func prepare() async throws -> Bool {
    let result = await WorkerThread.run { Result { try self.prepareNow() } }
    return try result.get()
  }

  private func prepareNow() throws -> Bool {
    do {
      let overview = try migrator.overview()
      if let problem = overview.problems().first { throw ServiceError(.schema, problem.message) }
      if overview.unapplied.isEmpty { return false }
      if !overview.recorded.isEmpty {
        let names = overview.unapplied.map(\.title).joined(separator: ", ")
        throw ServiceError(
          .schema,
          "the schema of \(database) is older than this lynx, which needs \(names); make a backup, "
            + "then run: lynx migrate up")
      }
      let tables = overview.unrecordedTables
      guard tables.isEmpty else { throw try foreign(tables) }
      // Of several nodes that find it empty one makes it; the others find it made.
      return try !migrator.up().isEmpty
    } catch let error as MigrationError {
      throw ServiceError(Self.kind(error), error.message)
    }
  }

  /// Why a database is left alone in which nothing is recorded, but somebody keeps something.
  private func foreign(_ tables: [String]) throws -> ServiceError {
    if tables.contains("urls"), try hasLinks() {
      return ServiceError(
        .schema,
        "\(database) has a table urls with links, and no record of its schema, as one of the Rust Lynx; "
          + "make a backup, then take it over with: lynx migrate up")
    }
    let named = tables.prefix(3).joined(separator: ", ")
    let more = tables.count > 3 ? " and \(tables.count - 3) more" : ""
    return ServiceError(
      .schema,
      "\(database) holds what is not Lynx's (\(tables.count == 1 ? "table" : "tables") "
        + "\(named)\(more)) and was left alone; name an empty database or one that is not there yet, or "
        + "have Lynx's tables made beside these with: lynx migrate up")
  }

  /// Whether the table urls is one of a Lynx's.
  private func hasLinks() throws -> Bool {
    do throws(DatabaseError) {
      let columns = "SELECT short_code, original_url, clicks FROM urls LIMIT 0"
      switch database.engine {
      case .sqlite(let path):
        let connection = try SQLiteConnection(path: path, options: .init(access: .readOnly))
        _ = try connection.prepare(columns).step()
      case .postgres(let conninfo):
        _ = try PostgresConnection(conninfo: conninfo).query(columns)
      }
      return true
    } catch {
      if error.kind == .statement || error.kind == .notPermitted { return false }
      throw ServiceError(.database(error.kind), error.message)
    }
  }

  /// Whether all is applied that this program needs, for readiness.
  func isCurrent() async throws -> Bool {
    let migrator = migrator
    let result = await WorkerThread.run {
      Result { () throws(MigrationError) in try migrator.overview() }
    }
    let overview = try result.get()
    return overview.unapplied.isEmpty && overview.problems().isEmpty
  }

  private static func kind(_ error: MigrationError) -> ServiceError.Kind {
    switch error.kind {
    case .database(let kind): .database(kind)
    case .notPermitted: .notPermitted
    case .cannotWrite: .cannotWrite
    case .busy: .database(.busy)
    case .unsuitable: .setting
    default: .schema
    }
  }
}
