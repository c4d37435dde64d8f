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
      guard try overview.recorded.isEmpty && (!overview.databaseExists || !hasLinks()) else {
        let names = overview.unapplied.map(\.title).joined(separator: ", ")
        throw ServiceError(
          .schema,
          "the schema of \(database) is older than this lynx, which needs \(names); make a backup, "
            + "then run: lynx migrate up")
      }
      // Of several nodes that find it empty one makes it; the others find it made.
      return try !migrator.up().isEmpty
    } catch let error as MigrationError {
      throw ServiceError(Self.kind(error), error.message)
    }
  }

  /// Whether somebody keeps links here whose migrations are not recorded, as the Rust Lynx does.
  private func hasLinks() throws -> Bool {
    do throws(DatabaseError) {
      switch database.engine {
      case .sqlite(let path):
        let connection = try SQLiteConnection(path: path, options: .init(access: .readOnly))
        return try connection.prepare("SELECT 1 FROM sqlite_master WHERE name = 'urls'").step()
      case .postgres(let conninfo):
        let rows = try PostgresConnection(conninfo: conninfo)
          .query("SELECT 1 WHERE to_regclass('urls') IS NOT NULL")
        return rows.count > 0
      }
    } catch {
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
