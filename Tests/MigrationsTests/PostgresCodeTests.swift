import Databases
import Foundation
import Migrations
import TestSupport
import Testing

@Suite("Roles, code and messages of PostgreSQL in migrations")
struct PostgresCodeTests {
  @Test("a role that a script sets is left before the records are written")
  func roles() throws {
    let database = try MigratedDatabase(.postgres)
    let role = "app_" + UUID().uuidString.prefix(8).lowercased()
    try database.look("CREATE ROLE \(role); GRANT CREATE, USAGE ON SCHEMA public TO \(role)")
    try database.write(
      "SET ROLE \(role); CREATE TABLE a (x INT)", to: "1_a.up.sql")
    try database.write(
      "-- lynx: no-transaction\nSET ROLE \(role);\nCREATE TABLE b (x INT);\nCREATE TABLE c (x INT);",
      to: "2_b.up.sql")
    try database.write(
      "SET SESSION AUTHORIZATION \(role); CREATE TABLE d (x INT)", to: "3_d.up.sql")
    try database.write("CREATE TABLE e (x INT)", to: "4_e.up.sql")
    #expect(try database.migrator.up().count == 4)
    #expect(try database.recorded() == ["1", "2", "3", "4"])
    // Each statement ran as the script said, and no role went on to the next migration.
    #expect(
      try database.look(
        "SELECT tablename, tableowner = '\(role)' FROM pg_tables WHERE schemaname = 'public' "
          + "AND tablename <> 'lynx_migrations' ORDER BY 1") == "a|t\nb|t\nc|t\nd|t\ne|f\n")
    try database.look("DROP OWNED BY \(role); DROP ROLE \(role)")
  }

  @Test("a record that cannot be written names the migration and its file")
  func unrecorded() throws {
    let database = try MigratedDatabase(.postgres)
    try database.write("CREATE TABLE a (x INT)", to: "1_a.up.sql")
    #expect(try database.migrator.up().count == 1)
    try database.look(
      "ALTER TABLE lynx_migrations ADD CONSTRAINT no CHECK (version <> '2')")
    try database.write("CREATE TABLE b (x INT)", to: "2_b.up.sql")
    let error = migrationError { try database.migrator.up() }
    #expect(error?.message.contains("migration 2_b") == true, "\(error?.message ?? "")")
    #expect(error?.place?.file?.hasSuffix("2_b.up.sql") == true)
    #expect(try database.recorded() == ["1"])
  }

  @Test("an error inside of code names the line and the statement there")
  func context() throws {
    let database = try MigratedDatabase(.postgres)
    try database.write(
      "DO $$ BEGIN\n  PERFORM 1;\n  INSERT INTO nix VALUES (1);\nEND $$;", to: "1_a.up.sql")
    let message = migrationError { try database.migrator.up() }?.message ?? ""
    #expect(message.contains("line 3 at SQL statement"), "\(message)")
    #expect(message.contains("INSERT INTO nix"))
    #expect(!message.contains("\n"))
  }

  @Test("what the server says beside is passed on, in the order of time")
  func notices() throws {
    let database = try MigratedDatabase(.postgres)
    try database.write(
      "DO $$ BEGIN RAISE NOTICE 'eins'; END $$; SELECT 1; DO $$ BEGIN RAISE WARNING 'zwei'; END $$;",
      to: "1_a.up.sql")
    try database.write(
      "DO $$ BEGIN RAISE NOTICE 'drei'; RAISE EXCEPTION 'vier'; END $$", to: "2_b.up.sql")
    var said: [String] = []
    _ = migrationError {
      try database.migrator.up { event in
        if case .notice(let text) = event { said.append(text) }
      }
    }
    #expect(said == ["NOTICE: eins", "WARNING: zwei", "NOTICE: drei"])
  }

  @Test("of statements sent together, the one that fails is named, wherever it is")
  func batches() throws {
    let database = try MigratedDatabase(.postgres)
    var generator = SeededGenerator.forTest()
    try database.write("CREATE TABLE a (x INT UNIQUE CHECK (x >= 0))", to: "1_a.up.sql")
    #expect(try database.migrator.up().count == 1)
    for _ in 0..<20 {
      let count = Int.random(in: 1...2_500, using: &generator)
      let bad = Int.random(in: 0..<count, using: &generator)
      // Refused when it runs, when it is understood, and when it is read.
      let flaw = ["(-1)", "(nothing)", "(1"].randomElement(using: &generator) ?? ""
      let lines = (0..<count).map { "INSERT INTO a VALUES \($0 == bad ? flaw : "(\($0))");" }
      try database.write(lines.joined(separator: "\n"), to: "2_b.up.sql")
      let error = migrationError { try database.migrator.up() }
      #expect(error?.place?.line == bad + 1, "\(error?.message ?? "")")
      #expect(error?.place?.statement == bad + 1)
      #expect(try database.look("SELECT count(*) FROM a") == "0\n")
    }
    let count = 2_500
    try database.write(
      (0..<count).map { "INSERT INTO a VALUES (\($0))" }.joined(separator: ";"), to: "2_b.up.sql")
    #expect(try database.migrator.up().count == 1)
    #expect(try database.look("SELECT count(*), sum(x) FROM a") == "\(count)|3123750\n")
  }

  @Test("who looks does not wait for ever behind a lock on the records")
  func lockedRecords() throws {
    let database = try MigratedDatabase(.postgres)
    try database.write("CREATE TABLE a (x INT)", to: "1_a.up.sql")
    #expect(try database.migrator.up().count == 1)
    guard case .postgres(let conninfo) = database.url.engine else { return }
    let other = try PostgresConnection(conninfo: conninfo)
    try other.execute("BEGIN; LOCK TABLE lynx_migrations")
    var hasty = database.migrator
    hasty.lockTimeout = .milliseconds(50)
    for error in [
      migrationError { try hasty.overview() }, migrationError { try hasty.up() },
    ] {
      #expect(error?.kind == .busy)
      #expect(error?.message.contains("wait longer with --lock-timeout") == true)
    }
    try other.execute("ROLLBACK")
  }
}
