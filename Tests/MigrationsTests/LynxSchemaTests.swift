import Databases
import Foundation
import Migrations
import TestSupport
import Testing

@Suite("The schema of the service")
struct LynxSchemaTests {
  /// A database as the Rust Lynx leaves it.
  private func rustDatabase(_ engine: Engine) throws -> MigratedDatabase {
    let database = try MigratedDatabase(engine)
    let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
      .appendingPathComponent("Fixtures/RustLynx/\(engine.rawValue).sql")
    try database.look(try String(contentsOf: fixture, encoding: .utf8))
    return database
  }

  private let rows = """
    SELECT id, short_code, original_url, created_at, created_by, clicks, is_active FROM urls ORDER BY id;
    SELECT * FROM users ORDER BY 1;
    SELECT * FROM admin_users ORDER BY 1;
    SELECT * FROM url_history ORDER BY id;
    SELECT * FROM analytics ORDER BY id;
    """

  @Test(
    "adopts a database of the Rust Lynx with every row, again and again without harm",
    arguments: Engine.allCases)
  func adoption(_ engine: Engine) throws {
    let database = try rustDatabase(engine)
    let before = try database.look(rows)
    #expect(before.split(separator: "\n").count == 11)
    #expect(try database.lynxMigrator.up().count == 4)
    #expect(try database.look(rows) == before)
    let schema = try database.schema()
    for _ in 0..<2 {
      #expect(try database.lynxMigrator.up().isEmpty)
      #expect(try database.look(rows) == before)
      #expect(try database.schema() == schema)
    }
    #expect(
      try database.look("SELECT count(*) FROM urls WHERE updated_at <> created_at OR version <> 1")
        == "0\n")
    // Numbers go on where they were.
    try database.look(
      "INSERT INTO urls (short_code, original_url, created_at) VALUES ('new', 'http://n', 1)")
    #expect(try database.look("SELECT id FROM urls WHERE short_code = 'new'") == "10\n")
    #expect(try database.lynxMigrator.overview().problems().isEmpty)
  }

  @Test(
    "an adopted database has the columns, indexes and triggers that a new one has",
    arguments: Engine.allCases)
  func same(_ engine: Engine) throws {
    let adopted = try rustDatabase(engine)
    let fresh = try MigratedDatabase(engine)
    _ = try adopted.lynxMigrator.up()
    _ = try fresh.lynxMigrator.up()
    let questions: [String]
    switch engine {
    case .sqlite:
      questions = [
        "SELECT m.name, c.name, c.type, c.pk FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 2",
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' OR name LIKE 'urls_fts%' ORDER BY 1",
        "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'urls' ORDER BY 1",
      ]
    case .postgres:
      questions = [
        """
        SELECT table_name, column_name, data_type, column_default FROM information_schema.columns
        WHERE table_schema = 'public' ORDER BY 1, 2
        """,
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
        // Whatever their names.
        "SELECT regexp_replace(indexdef, 'INDEX \\S+', '') FROM pg_indexes WHERE tablename = 'urls' ORDER BY 1",
      ]
    }
    for question in questions {
      let answer = try fresh.look(question)
      #expect(answer.count > 100 || engine == .sqlite)
      #expect(try adopted.look(question) == answer)
    }
    #expect(try !adopted.look(questions[2]).contains("idx_short_code"))
  }

  @Test(
    "a version grows with each change of a link and not with clicks", arguments: Engine.allCases)
  func versions(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    _ = try database.lynxMigrator.up()
    let no = engine == .sqlite ? "0" : "false"
    try database.look(
      "INSERT INTO urls (short_code, original_url, created_at) VALUES ('a', 'http://a', 5), ('b', 'http://b', 5)"
    )
    func version(_ change: String) throws -> String {
      try database.look("\(change); SELECT version FROM urls WHERE short_code = 'a'")
        .trimmingCharacters(in: .newlines)
    }
    #expect(try version("SELECT 0").hasSuffix("1"))
    #expect(try version("UPDATE urls SET clicks = clicks + 1") == "1")
    #expect(try version("UPDATE urls SET original_url = original_url") == "1")
    #expect(try version("UPDATE urls SET original_url = 'http://c' WHERE short_code = 'a'") == "2")
    #expect(try version("UPDATE urls SET is_active = \(no) WHERE short_code = 'a'") == "3")
    // A writer that counts itself is not counted twice.
    #expect(
      try version(
        "UPDATE urls SET original_url = 'http://d', version = version + 1 WHERE short_code = 'a'")
        == "4")
    #expect(try database.look("SELECT version FROM urls WHERE short_code = 'b'") == "1\n")
    let now = Int(Date().timeIntervalSince1970)
    let updated = try database.look("SELECT min(updated_at), max(updated_at) FROM urls")
      .trimmingCharacters(in: .newlines).split(separator: "|").compactMap { Int($0) }
    #expect(updated.count == 2 && updated.allSatisfy { (now - 600...now + 5).contains($0) })
  }

  @Test("links cannot be deleted", arguments: Engine.allCases)
  func deletion(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    _ = try database.lynxMigrator.up()
    try database.look(
      "INSERT INTO urls (short_code, original_url, created_at) VALUES ('a', 'x', 5)")
    #expect(throws: (any Error).self) { try database.look("DELETE FROM urls") }
    if engine == .postgres {
      #expect(throws: (any Error).self) { try database.look("TRUNCATE urls") }
    }
    #expect(try database.look("SELECT count(*) FROM urls") == "1\n")
  }

  @Test("SQLite's search follows codes and destinations, and is not written for clicks")
  func search() throws {
    let database = try rustDatabase(.sqlite)
    _ = try database.lynxMigrator.up()
    func codes(_ text: String) throws -> String {
      try database.look("SELECT rowid FROM urls_fts_code WHERE short_code MATCH '\"\(text)\"'")
    }
    func destinations(_ text: String) throws -> String {
      try database.look(
        "SELECT rowid FROM urls_fts_url WHERE original_url MATCH '\"\(text)\"' ORDER BY 1")
    }
    #expect(try codes("abc") == "1\n")
    #expect(try codes("🦊/f") == "5\n")
    #expect(try destinations("EXAMPLE.c") == "1\n")
    #expect(try destinations("example") == "1\n2\n5\n")
    try database.look("UPDATE urls SET original_url = 'https://moved.test/' WHERE id = 1")
    #expect(try destinations("moved") == "1\n")
    #expect(try destinations("EXAMPLE.c") == "")
    let data = "SELECT count(*), sum(length(block)) FROM urls_fts_url_data"
    let before = try database.look(data)
    try database.look("UPDATE urls SET clicks = clicks + 1; UPDATE urls SET is_active = 0")
    #expect(try database.look(data) == before)
    for table in ["urls_fts_code", "urls_fts_url"] {
      try database.look("INSERT INTO \(table) (\(table)) VALUES ('integrity-check')")
    }
  }

  @Test("where the trigram extension may not be created, PostgreSQL does without")
  func withoutTrigrams() throws {
    let server = try PostgresServer.shared()
    let name = try server.makeDatabase()
    // pg_trgm is a trusted extension: whoever may create in the database may create it.
    let role = "plain_" + UUID().uuidString.prefix(8).lowercased()
    try server.psql("CREATE ROLE \(role) LOGIN")
    try server.psql("GRANT CREATE, USAGE ON SCHEMA public TO \(role)", database: name)
    let url = try DatabaseURL(server.url(user: role, database: name))
    #expect(try Migrator(database: url, origin: .embedded(.postgres)).up().count == 4)
    #expect(
      try server.psql("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'", database: name)
        == "0\n")
    #expect(
      try server.psql(
        "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%USING gin%'", database: name)
        == "0\n")
  }

  @Test("down and up again lead to the same schema", arguments: Engine.allCases)
  func roundTrip(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    _ = try database.lynxMigrator.up()
    let schema = try database.schema()
    let one = try #require(MigrationVersion("1"))
    #expect(try database.lynxMigrator.down(.init(version: one)).count == 3)
    #expect(try database.lynxMigrator.up().count == 3)
    #expect(try database.schema() == schema)
    // Links are not to be lost by going back.
    let zero = try #require(MigrationVersion("0"))
    #expect(
      migrationError { try database.lynxMigrator.down(.init(version: zero)) }?.kind == .missingInput
    )
  }

  @Test(
    "what the service keeps is not lost by going back, and every database knows itself",
    arguments: Engine.allCases)
  func kept(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    _ = try database.lynxMigrator.up()
    let identity = "SELECT count(*) FROM settings WHERE name = 'database-id'"
    #expect(try database.look(identity) == "1\n")
    let hash = engine == .sqlite ? "x'00'" : "'\\x00'"
    let inUse = [
      ("api_keys", "INSERT INTO api_keys (name, key_hash, created_at) VALUES ('a', \(hash), 1)"),
      ("click_batches", "INSERT INTO click_batches (batch_id, applied_at) VALUES ('a', 1)"),
      ("settings", "INSERT INTO settings (name, value, updated_at) VALUES ('a', \(hash), 1)"),
    ]
    for (table, insertion) in inUse {
      try database.look(insertion)
      let error = migrationError { try database.lynxMigrator.down(.init(steps: 1)) }
      #expect(error?.kind == .failed)
      #expect(error?.description.contains("API keys, settings and records of") == true)
      #expect(migrationError { try database.lynxMigrator.redo(steps: nil) }?.kind == .failed)
      #expect(try database.look("SELECT count(*) FROM \(table)") != "0\n")
      #expect(try database.recorded().count == 4)
      let condition = table == "settings" ? " WHERE name = 'a'" : ""
      try database.look("DELETE FROM \(table)\(condition)")
    }
    #expect(try database.lynxMigrator.redo(steps: nil).applied.count == 1)
    #expect(try database.look(identity) == "1\n")
  }

  @Test("a dump of SQLite makes the same schema, at the same version")
  func dump() throws {
    let database = try MigratedDatabase(.sqlite)
    _ = try database.lynxMigrator.up()
    let copy = try MigratedDatabase(.sqlite)
    try copy.look(try database.lynxMigrator.sqliteSchema() + database.lynxMigrator.recordsAsSQL())
    let schema = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"
    #expect(try copy.look(schema) == (try database.look(schema)))
    #expect(try copy.lynxMigrator.up().isEmpty)
    #expect(try copy.look("PRAGMA integrity_check") == "ok\n")
  }
}
