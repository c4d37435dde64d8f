import Foundation
import Migrations
import TestSupport
import Testing

@Suite("Redo, and what stands beside other tools and projects")
struct RedoTests {
  @Test("redo that fails leaves everything as it was", arguments: Engine.allCases)
  func redoFails(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    try database.write("CREATE TABLE a (x INTEGER);", to: "1_a.up.sql")
    try database.write("DROP TABLE a;", to: "1_a.down.sql")
    try database.write("CREATE TABLE b (x INTEGER);", to: "2_b.up.sql")
    try database.write("DROP TABLE b;", to: "2_b.down.sql")
    #expect(try database.migrator.up().count == 2)
    let before = try database.schema()
    try database.write(
      "CREATE TABLE b (x INTEGER); INSERT INTO nowhere VALUES (1);", to: "2_b.up.sql")
    var events = 0
    let error = migrationError {
      try database.migrator.redo(steps: 2) { event in
        switch event {
        case .undone, .applied: events += 1
        default: break
        }
      }
    }
    #expect(error?.message.contains("nothing of it was kept") == true)
    #expect(events == 0)
    #expect(try database.schema() == before)
    #expect(try database.recorded() == ["1", "2"])
    // What has no statement is found before anything is undone.
    try database.write("-- nothing", to: "2_b.up.sql")
    #expect(migrationError { try database.migrator.redo(steps: 1) }?.kind == .badFile)
    #expect(try database.schema() == before)

    // Not all of it can run in a transaction: then what remains is told.
    try database.write(
      "-- lynx: no-transaction\nINSERT INTO nowhere VALUES (1);", to: "2_b.up.sql")
    let partial = migrationError { try database.migrator.redo(steps: 1) }
    #expect(
      partial?.message.contains("before that 2_b was undone") == true, "\(partial?.message ?? "")")
    #expect(try database.recorded() == ["1", "2!1"])
  }

  @Test("the files of another project are told from changed ones", arguments: Engine.allCases)
  func otherProject(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    try database.write("CREATE TABLE a (x INTEGER)", to: "1_a.up.sql")
    try database.write("CREATE TABLE b (x INTEGER)", to: "2_b.up.sql")
    #expect(try database.migrator.up().count == 2)
    try database.remove("2_b.up.sql")
    // Another name for the same SQL is the same migration.
    try database.write("CREATE TABLE b (x INTEGER)", to: "2_bees.up.sql")
    #expect(try database.migrator.up().isEmpty)
    try database.write("CREATE TABLE c (x INTEGER)", to: "2_bees.up.sql")
    for error in [
      migrationError { try database.migrator.repair() },
      migrationError { try database.migrator.up() },
    ] {
      #expect(error?.kind == .otherProject)
      #expect(error?.message.contains("2_b where ") == true, "\(error?.message ?? "")")
      #expect(error?.message.contains("has 2_bees, with other SQL") == true)
      #expect(error?.isSentence == true)
    }
  }

  @Test("what another tool migrated is not begun anew", arguments: Engine.allCases)
  func otherTool(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    try database.look(
      "CREATE TABLE schema_migrations (version VARCHAR(128) PRIMARY KEY); "
        + "INSERT INTO schema_migrations VALUES ('1'); CREATE TABLE a (x INTEGER)")
    try database.write("CREATE TABLE a (x INTEGER)", to: "1_a.up.sql")
    try database.write("CREATE TABLE b (x INTEGER)", to: "2_b.up.sql")
    let migrator = database.migrator
    let error = migrationError { try migrator.up() }
    #expect(error?.kind == .otherTool)
    #expect(error?.message.contains("schema_migrations of dbmate") == true)
    #expect(error?.message.contains("lynx migrate baseline") == true)
    #expect(try migrator.overview().problems().map(\.kind) == [.otherTool])
    #expect(try database.recorded() == [])
    #expect(migrationError { try database.lynxMigrator.up() }?.kind == .otherTool)
    #expect(try migrator.baseline(to: MigrationVersion("1")).count == 1)
    #expect(try migrator.up().map(\.migration.title) == ["2_b"])
  }

  @Test("a baseline of nothing begins from the first", arguments: Engine.allCases)
  func baselineOfNothing(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    try database.look("CREATE TABLE schema_migrations (mine INTEGER)")
    try database.write("CREATE TABLE a (x INTEGER)", to: "1_a.up.sql")
    #expect(try database.migrator.baseline(to: MigrationVersion("0")).isEmpty)
    #expect(try database.migrator.up().count == 1)
  }

  @Test("the journal mode of SQLite is not set where SQLite would not do it")
  func journalMode() throws {
    let database = try MigratedDatabase(.sqlite)
    for text in [
      "pragma journal_mode=wal;", "PRAGMA main.journal_mode = WAL", "PRAGMA journal_mode(wal)",
      #"PRAGMA "main" . /* so */ journal_mode = 'wal'"#,
    ] {
      try database.write("CREATE TABLE a (x);\n" + text, to: "1_a.up.sql")
      let error = migrationError { try database.migrator.up() }
      #expect(error?.kind == .badFile, "\(text)")
      #expect(error?.message.contains("1_a.up.sql:2:1 sets the journal mode") == true)
      #expect(try database.recorded() == [])
    }
    try database.write("PRAGMA journal_mode; PRAGMA foreign_keys = OFF", to: "1_a.up.sql")
    try database.write("-- lynx: no-transaction\nPRAGMA journal_mode = WAL", to: "2_b.up.sql")
    #expect(try database.migrator.up().count == 2)
    #expect(try database.look("PRAGMA journal_mode") == "wal\n")
  }

  @Test("what ATTACH cannot open is named, and not the database itself")
  func attach() throws {
    let database = try MigratedDatabase(.sqlite)
    try database.write(
      "-- lynx: no-transaction\nATTACH '/no/where/zz.db' AS z", to: "1_a.up.sql")
    let error = migrationError { try database.migrator.up() }
    #expect(error?.message.contains("unable to open database: /no/where/zz.db") == true)
    #expect(error?.message.contains("is not there") == false, "\(error?.message ?? "")")
  }
}
