import Databases
import Foundation
import Glibc
import Migrations
import TestSupport
import Testing

enum Engine: String, CaseIterable, Sendable {
  case sqlite, postgres
}

/// A database of a test's own, looked at with psql and sqlite3, and a directory of migrations.
final class MigratedDatabase {
  let engine: Engine
  let url: DatabaseURL
  let directory: String
  private let server: PostgresServer?
  private let name: String

  init(_ engine: Engine) throws {
    self.engine = engine
    directory = NSTemporaryDirectory() + "lynx-migrations-" + UUID().uuidString
    try FileManager.default.createDirectory(
      atPath: directory + "/sql", withIntermediateDirectories: true)
    switch engine {
    case .sqlite:
      server = nil
      name = directory + "/test.db"
      url = try DatabaseURL("sqlite://\(name)")
    case .postgres:
      let server = try PostgresServer.shared()
      self.server = server
      name = try server.makeDatabase()
      url = try DatabaseURL(server.url(database: name))
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  var dialect: SQLDialect { engine == .sqlite ? .sqlite : .postgres }
  var sql: String { directory + "/sql" }

  /// What another tool prints for a script: rows by line, columns by `|`.
  @discardableResult
  func look(_ script: String) throws -> String {
    if let server { return try server.psql(script, database: name) }
    let output = try Tool.run(
      "/usr/bin/sqlite3", ["-bail", "-batch", name], input: Array(script.utf8))
    return String(decoding: output, as: UTF8.self)
  }

  func write(_ text: String, to file: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(sql)/\(file)"))
  }

  func remove(_ file: String) throws {
    try FileManager.default.removeItem(atPath: "\(sql)/\(file)")
  }

  /// On the files of the directory.
  var migrator: Migrator {
    var migrator = Migrator(database: url, origin: .directory(sql, dialect))
    migrator.lockTimeout = .seconds(60)
    return migrator
  }

  /// On the schema of the service.
  var lynxMigrator: Migrator {
    var migrator = Migrator(database: url, origin: .embedded(dialect))
    migrator.lockTimeout = .seconds(60)
    return migrator
  }

  /// Everything the schema says of itself, without the table of records.
  func schema() throws -> String {
    switch engine {
    case .sqlite:
      try look(
        "SELECT type, name, sql FROM sqlite_master WHERE tbl_name <> 'lynx_migrations' ORDER BY 1, 2"
      )
    case .postgres:
      try look(
        """
        SELECT table_name, column_name, data_type, column_default, is_nullable
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> 'lynx_migrations' ORDER BY 1, 2;
        SELECT indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename <> 'lynx_migrations' ORDER BY 1;
        SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1;
        """)
    }
  }

  /// The versions recorded, in order, with a mark behind those unfinished.
  func recorded() throws -> [String] {
    let table =
      engine == .sqlite
      ? "SELECT 1 FROM sqlite_master WHERE name = 'lynx_migrations'"
      : "SELECT 1 FROM pg_tables WHERE tablename = 'lynx_migrations'"
    guard try !look(table).isEmpty else { return [] }
    return try look(
      "SELECT version || CASE dirty WHEN 0 THEN '' ELSE '!' || dirty END FROM lynx_migrations"
    ).split(separator: "\n").map(String.init).sorted()
  }
}

/// The error `body` throws; a failure of the test if it throws none, or another.
func migrationError<Result>(
  _ body: () throws -> Result, sourceLocation: SourceLocation = #_sourceLocation
) -> MigrationError? {
  do {
    _ = try body()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
  } catch let error as MigrationError {
    return error
  } catch {
    Issue.record("\(error)", sourceLocation: sourceLocation)
  }
  return nil
}

extension MigrationError {
  /// One sentence: no line end, no full stop.
  var isSentence: Bool { !message.contains("\n") && !message.hasSuffix(".") && !message.isEmpty }
}
