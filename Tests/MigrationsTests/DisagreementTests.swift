import Databases
import Foundation
import Migrations
import TestSupport
import Testing

@Suite("What stands in the way of a migration is told, each in its sentence")
struct DisagreementTests {
  @Test(
    "drift, a missing file, a newer database and a late file each have their sentence",
    arguments: Engine.allCases)
  func disagreement(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    for name in ["a", "b", "d"] {
      let number = ["a": 1, "b": 2, "d": 4][name] ?? 0
      try database.write("CREATE TABLE \(name) (x INTEGER)", to: "\(number)_\(name).up.sql")
    }
    let migrator = database.migrator
    #expect(try migrator.up().count == 3)
    try database.write("CREATE TABLE c (x INTEGER)", to: "3_c.up.sql")
    try database.write("CREATE TABLE e (x INTEGER)", to: "5_e.up.sql")
    func refusal() -> MigrationError? { migrationError { try migrator.up() } }

    #expect(refusal()?.kind == .outOfOrder)
    #expect(refusal()?.message.contains("3_c is not applied, though later ones are") == true)

    try database.write("CREATE TABLE b (x INTEGER); -- changed", to: "2_b.up.sql")
    #expect(refusal()?.kind == .drift)
    #expect(refusal()?.message.contains("2_b was changed after it was applied") == true)

    try database.remove("1_a.up.sql")
    #expect(refusal()?.kind == .missingFile)
    #expect(refusal()?.message.contains("1_a is applied, but its file is missing") == true)
    #expect(
      try migrator.overview().problems().map(\.kind) == [.missingFile, .drift, .outOfOrder])
    #expect(try database.recorded() == ["1", "2", "4"])

    // Repair takes the files as they are; what is late is applied only when that is asked for.
    #expect(try migrator.repair().map(\.title) == ["1_a", "2_b"])
    #expect(try migrator.repair().isEmpty)
    #expect(try database.recorded() == ["2", "4"])
    var late = migrator
    late.acceptsOutOfOrder = true
    #expect(try late.up().map(\.migration.title) == ["3_c", "5_e"])
    #expect(try migrator.overview().problems().isEmpty)

    try database.remove("5_e.up.sql")
    #expect(refusal()?.kind == .newerDatabase)
    #expect(refusal()?.message.contains("the files are older than the database") == true)
    #expect(migrationError { try migrator.repair() }?.kind == .newerDatabase)
    let binary = migrationError { try database.lynxMigrator.up() }
    #expect(binary?.kind == .otherProject)
    for error in [refusal(), binary] { #expect(error?.isSentence == true) }
  }

  @Test("an older lynx than the database stops with that sentence", arguments: Engine.allCases)
  func olderBinary(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    _ = try database.lynxMigrator.up()
    try database.look(
      "INSERT INTO lynx_migrations VALUES ('0999', 'future', 'x', 1, 1, 0)")
    let error = migrationError { try database.lynxMigrator.up() }
    #expect(error?.kind == .newerDatabase)
    #expect(
      error?.message.contains("this lynx does not know: it is older than the database") == true)
  }

  @Test("a lock held elsewhere ends in busy once the time is over", arguments: Engine.allCases)
  func locked(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    try database.write("CREATE TABLE a (x INTEGER)", to: "1_a.up.sql")
    try database.write("CREATE TABLE b (x INTEGER)", to: "2_b.up.sql")
    #expect(try database.migrator.up(.init(steps: 1)).count == 1)
    var hasty = database.migrator
    hasty.lockTimeout = .milliseconds(50)
    do {
      let holder: Any
      switch database.url.engine {
      case .sqlite(let path):
        let connection = try SQLiteConnection(path: path)
        try connection.execute("BEGIN IMMEDIATE")
        holder = connection
      case .postgres(let conninfo):
        let connection = try PostgresConnection(conninfo: conninfo)
        try connection.execute(
          "BEGIN; LOCK TABLE a IN SHARE MODE; SELECT pg_advisory_lock(\(0x6C79_6E78_5F6D_6967))")
        holder = connection
      }
      let error = migrationError { try hasty.up() }
      #expect(error?.kind == .busy, "\(error?.message ?? "")")
      #expect(error?.isSentence == true)
      #expect(try database.recorded() == ["1"])
      withExtendedLifetime(holder) {}
    }
    // The server may take a while to notice that a session is gone.
    #expect(try database.migrator.up().count == 1)

    // A table somebody else holds: the migration gives up instead of letting all others wait.
    guard case .postgres(let conninfo) = database.url.engine else { return }
    let other = try PostgresConnection(conninfo: conninfo)
    try other.execute("BEGIN; LOCK TABLE a IN SHARE MODE")
    try database.write("ALTER TABLE a ADD COLUMN y INTEGER", to: "3_c.up.sql")
    let error = migrationError { try hasty.up() }
    #expect(error?.kind == .busy)
    #expect(error?.message.contains("3_c.up.sql:1:1") == true)
    try other.execute("ROLLBACK")
    #expect(try database.migrator.up().count == 1)
  }

  @Test(
    "a baseline records without running, and only where nothing is recorded",
    arguments: Engine.allCases)
  func baseline(_ engine: Engine) throws {
    let database = try MigratedDatabase(engine)
    try database.look("CREATE TABLE a (x INTEGER)")
    try database.write("CREATE TABLE a (x INTEGER)", to: "1_a.up.sql")
    try database.write("CREATE TABLE b (x INTEGER)", to: "2_b.up.sql")
    let migrator = database.migrator
    #expect(try migrator.baseline(to: MigrationVersion("1")).map(\.title) == ["1_a"])
    #expect(migrationError { try migrator.baseline(to: nil) }?.kind == .usage)
    #expect(try migrator.up().map(\.migration.title) == ["2_b"])
  }
}
