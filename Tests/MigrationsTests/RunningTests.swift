import Databases
import Foundation
import Migrations
import TestSupport
import Testing

@Suite("Migrations are applied in order, each once, wholly or not at all")
struct RunningTests {
  @Test("up, down, redo and targets", arguments: Engine.allCases)
  func upAndDown(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    try database.write("CREATE TABLE a (x INTEGER);", to: "1_a.up.sql")
    try database.write("DROP TABLE a;", to: "1_a.down.sql")
    try database.write(
      "-- migrate:up\nCREATE TABLE b (x INTEGER);\nINSERT INTO a VALUES (2);\n"
        + "-- migrate:down\nDROP TABLE b;\nDELETE FROM a", to: "02_b.sql")
    try database.write("INSERT INTO b VALUES (3)", to: "10_c.up.sql")
    let migrator = database.migrator

    #expect(try migrator.overview().unapplied.map(\.title) == ["1_a", "02_b", "10_c"])
    #expect(try migrator.up(.init(steps: 1)).map(\.migration.title) == ["1_a"])
    let two = try #require(MigrationVersion("2"))
    #expect(try migrator.up(.init(version: two)).map(\.migration.title) == ["02_b"])
    #expect(try migrator.up().map(\.migration.title) == ["10_c"])
    #expect(try migrator.up().isEmpty)
    #expect(try database.look("SELECT * FROM a; SELECT * FROM b") == "2\n3\n")
    #expect(try database.recorded() == ["02", "1", "10"])

    // The newest has no way back, so nothing is undone.
    let zero = try #require(MigrationVersion("0"))
    let error = migrationError { try migrator.down(.init(version: zero)) }
    #expect(error?.kind == .missingInput)
    #expect(error?.message.contains("10_c cannot be undone") == true)
    #expect(try database.recorded() == ["02", "1", "10"])

    try database.write("DELETE FROM b", to: "10_c.down.sql")
    #expect(try migrator.down().map(\.migration.title) == ["10_c"])
    let again = try migrator.redo(steps: 1)
    #expect(again.undone.map(\.migration.title) == ["02_b"])
    #expect(again.applied.map(\.migration.title) == ["02_b"])
    #expect(try database.look("SELECT * FROM a") == "2\n")
    #expect(try migrator.down(.init(version: zero)).map(\.migration.title) == ["02_b", "1_a"])
    #expect(try database.recorded() == [])
    #expect(try database.schema().isEmpty || engine == .postgres)
    let unknown = migrationError { try migrator.up(.init(version: MigrationVersion("7"))) }
    #expect(unknown?.kind == .usage)
  }

  @Test(
    "a failure leaves the schema as before, nothing recorded, and says where",
    arguments: Engine.allCases)
  func failure(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    try database.write("CREATE TABLE a (x INTEGER UNIQUE);", to: "1_a.up.sql")
    try database.write(
      "CREATE TABLE b (x INTEGER);\n\n-- ä\nINSERT INTO a VALUES (1);\n  INSERT INTO a VALUES (1);\n",
      to: "2_b.up.sql")
    try database.write("CREATE TABLE c (x INTEGER)", to: "3_c.up.sql")
    let error = migrationError { try database.migrator.up() }
    #expect(error?.kind == .failed)
    #expect(
      error?.message.contains("2_b.up.sql:5:3, statement 3 (INSERT INTO a") == true,
      "\(error?.message ?? "")")
    #expect(error?.isSentence == true)
    #expect(try database.recorded() == ["1"])
    let schema = try database.schema()
    #expect(schema.contains("a"))
    #expect(!schema.contains("CREATE TABLE b") && !schema.contains("\nb|"))
    #expect(try database.look("SELECT count(*) FROM a") == "0\n")

    // Where the database itself stumbles: the column counts characters.
    try database.write("SELECT 'äö🦊', nonsense(;", to: "2_b.up.sql")
    let syntax = migrationError { try database.migrator.up() }
    #expect(syntax?.message.contains("2_b.up.sql:1:") == true, "\(syntax?.message ?? "")")
    let column = engine == .sqlite ? ":1:24" : ":1:24"
    #expect(syntax?.message.contains(column) == true, "\(syntax?.message ?? "")")

    try database.write("CREATE TABLE b (x INTEGER)", to: "2_b.up.sql")
    #expect(try database.migrator.up().map(\.migration.title) == ["2_b", "3_c"])
  }

  @Test("a script that cannot be run is refused before anything runs", arguments: Engine.allCases)
  func refusedBefore(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    try database.write("CREATE TABLE a (x INTEGER)", to: "1_a.up.sql")
    let cases = [
      ("SELECT 'open", "2_b.up.sql:1:8 does not end"), ("-- nothing yet\n", "has no statement"),
      ("SELECT 1;\nCOMMIT; SELECT 2", "2_b.up.sql:2:1 ends or begins a transaction with COMMIT;"),
      ("begin immediate", "transaction"), ("ROLLBACK", "transaction"), ("END", "transaction"),
    ]
    for (text, reason) in cases {
      try database.write(text, to: "2_b.up.sql")
      let error = migrationError { try database.migrator.up() }
      #expect(error?.kind == .badFile)
      #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
      #expect(try database.recorded() == [])
    }
    // Savepoints stay inside.
    try database.write(
      "SAVEPOINT s; INSERT INTO a VALUES (1); ROLLBACK TO s; RELEASE s", to: "2_b.up.sql")
    #expect(try database.migrator.up().count == 2)
    #expect(try database.look("SELECT count(*) FROM a") == "0\n")
    if engine == .postgres {
      try database.write("COPY a FROM STDIN;", to: "3_c.up.sql")
      #expect(migrationError { try database.migrator.up() }?.kind == .badFile)
    }
  }

  @Test(
    "without a transaction: unfinished is marked, told with its statement, undone or repaired",
    arguments: Engine.allCases)
  func withoutTransaction(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    let vacuum = "-- lynx: no-transaction\nVACUUM;\nCREATE TABLE a (x INTEGER);\n"
    try database.write(vacuum + "INSERT INTO nowhere VALUES (1);", to: "1_a.up.sql")
    try database.write("DROP TABLE IF EXISTS a", to: "1_a.down.sql")
    let migrator = database.migrator
    let error = migrationError { try migrator.up() }
    #expect(error?.kind == .failed)
    #expect(error?.message.contains("1_a.up.sql:4:") == true)
    #expect(error?.message.contains("statement 3 (INSERT INTO nowhere") == true)
    #expect(try database.recorded() == ["1!3"])
    let dirty = migrationError { try migrator.up() }
    #expect(dirty?.kind == .dirty)
    #expect(dirty?.message.contains("statement 3 at ") == true)
    #expect(dirty?.message.contains("1_a.up.sql:4:1 (INSERT INTO nowhere") == true)

    #expect(try migrator.down().count == 1)
    #expect(try database.recorded() == [])
    try database.write(vacuum, to: "1_a.up.sql")
    #expect(try migrator.up().count == 1)
    #expect(try database.recorded() == ["1"])

    // One that is put right by hand.
    try database.write("-- lynx: no-transaction\nINSERT INTO b VALUES (1)", to: "2_b.up.sql")
    _ = migrationError { try migrator.up() }
    #expect(try database.recorded() == ["1", "2!1"])
    #expect(try migrator.repair().count == 1)
    #expect(try database.recorded() == ["1", "2"])
    // One that leaves a transaction open.
    try database.write(
      "-- lynx: no-transaction\nBEGIN; CREATE TABLE z (x INTEGER)", to: "3_z.up.sql")
    let open = migrationError { try migrator.up() }
    #expect(open?.message.contains("begins a transaction and does not end it") == true)
    #expect(try database.recorded() == ["1", "2", "3!1"])
    #expect(try !database.schema().contains("CREATE TABLE z"))
    // What needs to run so, and does not say it, is told how.
    #expect(try migrator.repair().count == 1)
    try database.write("VACUUM", to: "4_v.up.sql")
    #expect(
      migrationError { try migrator.up() }?.message.contains("-- lynx: no-transaction") == true)
  }

  @Test("CREATE INDEX CONCURRENTLY works while another runner waits for the lock")
  func concurrently() throws {
    let database = try MigratedDatabase(.postgres)
    try database.write("CREATE TABLE a (x INTEGER)", to: "1_a.up.sql")
    try database.write(
      "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON a (x);", to: "2_i.sql")
    let migrator = database.migrator
    let results = try both { try migrator.up().count }
    #expect(results.sorted() == [0, 2])
    #expect(
      try database.look("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") == "t\n"
    )
  }

  /// Runs `body` on two threads at once.
  private func both(_ body: @escaping @Sendable () throws -> Int) throws -> [Int] {
    let results = [Box(), Box()]
    let threads = results.map { box in
      let thread = Thread {
        box.result = Result { try body() }
        box.done.signal()
      }
      thread.start()
      return box
    }
    for box in threads { box.done.wait() }
    return try results.compactMap { try $0.result?.get() }
  }

  private final class Box: @unchecked Sendable {
    var result: Result<Int, any Error>?
    let done = DispatchSemaphore(value: 0)
  }

  @Test("what a migration sets for its session does not reach the records or the next one")
  func sessionState() throws {
    let database = try MigratedDatabase(.postgres)
    try database.write(
      "SELECT pg_catalog.set_config('search_path', '', false); SET statement_timeout = 1;"
        + "SET standard_conforming_strings = off", to: "1_a.up.sql")
    try database.write("CREATE TABLE a (x INTEGER); SELECT pg_sleep(0.01)", to: "2_b.up.sql")
    #expect(try database.migrator.up().count == 2)
    #expect(try database.look("SELECT version FROM public.lynx_migrations ORDER BY 1") == "1\n2\n")
    #expect(
      try database.look("SELECT schemaname FROM pg_tables WHERE tablename = 'a'") == "public\n")
  }

  @Test("SQLite's procedure for changing tables works, and cannot break references quietly")
  func foreignKeys() throws {
    let database = try MigratedDatabase(.sqlite)
    try database.write(
      """
      CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);
      CREATE TABLE c (p INTEGER REFERENCES p (id) ON DELETE CASCADE); INSERT INTO c VALUES (1);
      """, to: "1_a.up.sql")
    try database.write(
      """
      CREATE TABLE new_p (id INTEGER PRIMARY KEY, y TEXT); INSERT INTO new_p SELECT id, 'y' FROM p;
      DROP TABLE p; ALTER TABLE new_p RENAME TO p;
      """, to: "2_b.up.sql")
    #expect(try database.migrator.up().count == 2)
    #expect(try database.look("SELECT * FROM c") == "1\n")
    try database.write("DELETE FROM p", to: "3_c.up.sql")
    let error = migrationError { try database.migrator.up() }
    #expect(
      error?.message.contains(
        "rows whose foreign key leads nowhere (1, as row 1 of c refers to p)") == true,
      "\(error?.message ?? "")")
    #expect(try database.recorded() == ["1", "2"])
    #expect(try database.look("SELECT count(*) FROM p") == "1\n")
  }

  @Test("looking changes nothing, and needs no database", arguments: Engine.allCases)
  func looking(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    try database.write("CREATE TABLE a (x INTEGER)", to: "1_a.up.sql")
    #expect(try database.migrator.overview().unapplied.count == 1)
    switch engine {
    case .sqlite: #expect(!FileManager.default.fileExists(atPath: database.directory + "/test.db"))
    case .postgres: #expect(try database.schema().isEmpty)
    }
  }
}
