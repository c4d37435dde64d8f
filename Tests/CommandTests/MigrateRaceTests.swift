import Databases
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("lynx migrate, several at once", .serialized)
struct MigrateRaceTests {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try FileManager.default.createDirectory(
      atPath: directory / "sql", withIntermediateDirectories: true)
  }

  /// Starts `lynx migrate`; what it says goes into a file.
  private func start(_ arguments: [String], _ url: String, _ log: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Executable.path)
    process.arguments = ["migrate"] + arguments + ["--database-url", url]
    process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
    try Data().write(to: URL(fileURLWithPath: directory / log))
    process.standardOutput = FileHandle(forWritingAtPath: directory / log)
    process.standardError = process.standardOutput
    try process.run()
    return process
  }

  private func twenty(_ arguments: [String], _ url: String) throws {
    let runners = try (0..<20).map {
      try start(arguments + ["--lock-timeout", "120s"], url, "log\($0)")
    }
    for runner in runners { runner.waitUntilExit() }
    var applied: [String: Int] = [:]
    for (index, runner) in runners.enumerated() {
      let said = try directory.read("log\(index)")
      #expect(runner.terminationStatus == 0, "\(said)")
      for line in said.split(separator: "\n") where line.hasPrefix("applied ") {
        applied[line.split(separator: " ")[1].description, default: 0] += 1
      }
    }
    // Each by one of them.
    #expect(applied.count > 3)
    #expect(applied.values.allSatisfy { $0 == 1 })
  }

  /// Not harmless when run twice, and one without a transaction among them.
  private func writeCounting() throws {
    try directory.write("CREATE TABLE n (x INTEGER);", to: "sql/1_n.up.sql")
    for version in 2...6 {
      try directory.write(
        (version == 4 ? "-- lynx: no-transaction\n" : "") + "INSERT INTO n VALUES (\(version));",
        to: "sql/\(version)_n.up.sql")
    }
  }

  @Test("twenty runners on a new SQLite file: all end well, each migration ran once")
  func twentyOnSQLite() throws {
    try twenty(["up"], "sqlite://lynx.db")
    try writeCounting()
    try twenty(["up", "--dir", "sql"], "sqlite://other.db")
    let rows = try Tool.run(
      "/usr/bin/sqlite3", [directory / "other.db", "SELECT group_concat(x) FROM n"])
    #expect(String(decoding: rows, as: UTF8.self) == "2,3,4,5,6\n")
  }

  @Test("twenty runners on a PostgreSQL database that is not there: the same")
  func twentyOnPostgres() throws {
    let server = try PostgresServer.shared()
    let name = "twenty_" + UUID().uuidString.prefix(8).lowercased()
    try twenty(["up"], server.url(database: name))
    try writeCounting()
    let other = try server.makeDatabase()
    try twenty(["up", "--dir", "sql"], server.url(database: other))
    #expect(
      try server.psql("SELECT string_agg(x::text, ',' ORDER BY x) FROM n", database: other)
        == "2,3,4,5,6\n")
  }

  @Test("killed within a statement: the next one starts when that has ended in the server")
  func killedOnPostgres() throws {
    let server = try PostgresServer.shared()
    let name = try server.makeDatabase()
    let url = server.url(database: name)
    // The migration itself refuses to run beside another one of its kind.
    try directory.write(
      """
      DO $$ BEGIN
        IF EXISTS (SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid()
          AND datname = current_database() AND state <> 'idle' AND query LIKE '%marked%')
        THEN RAISE EXCEPTION 'two at once'; END IF; END $$;
      CREATE TABLE t (x INTEGER);
      SELECT pg_sleep(nap) AS marked FROM naps;
      """, to: "sql/1_t.up.sql")
    try server.psql("CREATE TABLE naps (nap float8); INSERT INTO naps VALUES (600)", database: name)
    let connection = try PostgresConnection(conninfo: url)
    let asleep = """
      SELECT count(*) FROM pg_stat_activity JOIN pg_locks USING (pid)
      WHERE locktype = 'advisory' AND datname = current_database() AND wait_event = 'PgSleep'
      """

    let first = try start(["up", "--dir", "sql"], url, "first")
    // The session that runs the statement is the one that holds the lock.
    try waitUntil("the first runner sleeps") { try connection.query(asleep) != [["0"]] }
    let hasty = try start(["up", "--dir", "sql", "--lock-timeout", "300ms"], url, "hasty")
    hasty.waitUntilExit()
    #expect(hasty.terminationStatus == 75)
    #expect(
      try directory.read("hasty").contains(
        "somebody else migrates this database (lynx, server process"))

    let second = try start(["up", "--dir", "sql", "--lock-timeout", "300s"], url, "second")
    try waitUntil("the second runner waits") {
      try directory.read("second").contains("waiting for")
    }
    _ = try connection.query("UPDATE naps SET nap = 0")
    kill(first.processIdentifier, SIGKILL)
    first.waitUntilExit()
    second.waitUntilExit()
    let said = try directory.read("second")
    #expect(second.terminationStatus == 0, "\(said)")
    #expect(
      try server.psql(
        "SELECT count(*) FROM lynx_migrations; SELECT count(*) FROM t", database: name) == "1\n0\n")
    let locks = """
      SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
      WHERE locktype = 'advisory' AND datname = current_database()
      """
    #expect(try connection.query(locks) == [["0"]])
  }

  @Test("killed within a statement on SQLite: nothing is locked, nothing of it stays")
  func killedOnSQLite() throws {
    // Counting this far takes for ever.
    let endless =
      "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c;"
    try directory.write("CREATE TABLE t (x); \(endless)", to: "sql/1_t.up.sql")
    let url = "sqlite://lynx.db"
    let first = try start(["up", "--dir", "sql"], url, "first")
    try waitUntil("the first runner writes") {
      // Refused as soon as it holds the write lock.
      let result = try Executable.run(
        [
          "migrate", "baseline", "--dir", "sql", "--lock-timeout", "0s", "--to", "0",
          "--database-url", url,
        ],
        in: directory)
      return result.status == 75
    }
    kill(first.processIdentifier, SIGKILL)
    first.waitUntilExit()
    try directory.write("CREATE TABLE t (x);", to: "sql/1_t.up.sql")
    let second = try Executable.run(
      ["migrate", "up", "--dir", "sql", "--lock-timeout", "0s", "--database-url", url],
      in: directory)
    #expect(second.status == 0, "\(second.errors)")
    #expect(second.output.hasPrefix("applied 1_t"))
  }

  @Test("a lock held elsewhere ends in 75 within its time, on both engines")
  func heldElsewhere() throws {
    try writeCounting()
    let holder = try SQLiteConnection(path: directory / "x.db")
    try holder.execute("CREATE TABLE q (x); BEGIN IMMEDIATE")
    let server = try PostgresServer.shared()
    let name = try server.makeDatabase()
    let connection = try PostgresConnection(conninfo: server.url(database: name))
    try connection.execute("SELECT pg_advisory_lock(\(0x6C79_6E78_5F6D_6967))")
    for url in ["sqlite://x.db", server.url(database: name)] {
      let begin = ContinuousClock.now
      let runner = try start(["up", "--dir", "sql", "--lock-timeout", "1s"], url, "log")
      runner.waitUntilExit()
      let said = try directory.read("log")
      #expect(runner.terminationStatus == 75, "\(said)")
      #expect(ContinuousClock.now - begin >= .seconds(1))
    }
    try holder.execute("ROLLBACK")
  }

  private func waitUntil(_ what: String, _ condition: () throws -> Bool) throws {
    // Long, since the machine may be busy: it is over as soon as the condition holds.
    for _ in 0..<6000 {
      if try condition() { return }
      usleep(20_000)
    }
    throw Tool.Failure(description: "it never came to be that \(what)")
  }
}
