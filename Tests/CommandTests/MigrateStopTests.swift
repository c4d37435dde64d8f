import Databases
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("lynx migrate, stopped by signals", .serialized)
struct MigrateStopTests {
  let directory: TemporaryDirectory
  /// Counting this far takes for ever.
  private static let endless =
    "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c;"

  init() throws {
    directory = try TemporaryDirectory()
    try FileManager.default.createDirectory(
      atPath: directory / "sql", withIntermediateDirectories: true)
  }

  /// Starts `lynx migrate up` and sends it `signal` once `isRunning`; how it ended and what it said.
  private func stop(
    by signal: Int32, on url: String, _ options: [String] = [], once isRunning: () throws -> Bool
  ) throws -> (reason: Process.TerminationReason, status: Int32, said: String) {
    let process = Process()
    // Foundation starts processes with their signals blocked, which a shell does not.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    let unblocked =
      "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); "
      + "os.execv(sys.argv[1], sys.argv[1:])"
    process.arguments =
      ["-c", unblocked, Executable.path, "migrate", "up", "--dir", "sql", "--database-url", url]
      + options
    process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
    var variables = ProcessInfo.processInfo.environment
    // As where Swift's runtime describes crashes unasked.
    variables["SWIFT_BACKTRACE"] = "enable=yes,interactive=no,color=no"
    process.environment = variables
    try Data().write(to: URL(fileURLWithPath: directory / "log"))
    process.standardOutput = FileHandle(forWritingAtPath: directory / "log")
    process.standardError = process.standardOutput
    try process.run()
    for attempt in 0... {
      if try isRunning() { break }
      guard attempt < 6000, process.isRunning else {
        throw Tool.Failure(description: "it never ran: \(try directory.read("log"))")
      }
      usleep(20_000)
    }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return (process.terminationReason, process.terminationStatus, try directory.read("log"))
  }

  /// With `-v` it is said which migration is at work, from when on signals stop it in order.
  private func applies() throws -> Bool { try directory.read("log").contains("applying 1_t") }

  @Test(
    "SQLite: the statement ends, its place is told, the signal is passed on",
    arguments: [
      SIGINT, SIGTERM, SIGHUP,
    ])
  func onSQLite(signal: Int32) throws {
    try directory.write("CREATE TABLE t (x);\n\(Self.endless)", to: "sql/1_t.up.sql")
    let end = try stop(by: signal, on: "sqlite://x.db", ["-v", "--json", "report.json"]) {
      try applies()
    }
    #expect(end.reason == .uncaughtSignal)
    #expect(end.status == signal)
    #expect(end.said.contains("lynx migrate: migration 1_t was interrupted at sql/1_t.up.sql:"))
    #expect(end.said.contains("nothing of it was kept"), "\(end.said)")
    let report =
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: URL(fileURLWithPath: directory / "report.json"))) as? [String: Any]
    let error = report?["error"] as? [String: Any]
    #expect(error?["kind"] as? String == "interrupted")
    #expect(error?["version"] as? String == "1")
    let tables = try Tool.run("/usr/bin/sqlite3", [directory / "x.db", ".tables"])
    #expect(tables.isEmpty)
  }

  @Test("PostgreSQL: the server stops as well, and what is unfinished is named")
  func onPostgres() throws {
    let server = try PostgresServer.shared()
    let name = try server.makeDatabase()
    try directory.write(
      "-- lynx: no-transaction\nCREATE TABLE t (x INT);\nSELECT pg_sleep(600);",
      to: "sql/1_t.up.sql")
    let connection = try PostgresConnection(conninfo: server.url(database: name))
    let asleep = """
      SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'active' AND wait_event = 'PgSleep'
      """
    let end = try stop(by: SIGINT, on: server.url(database: name)) {
      try !connection.query(asleep).isEmpty
    }
    #expect(end.reason == .uncaughtSignal)
    #expect(end.said.contains("interrupted at sql/1_t.up.sql:3:1, statement 2"), "\(end.said)")
    #expect(end.said.contains("what came before stays; finish it by hand"))
    #expect(try connection.query(asleep).isEmpty)
    #expect(try server.psql("SELECT dirty FROM lynx_migrations", database: name) == "2\n")
    // It is not taken for applied.
    let status = try Executable.run(
      ["migrate", "--dir", "sql", "--database-url", server.url(database: name)], in: directory)
    #expect(status.output.contains("0 applied, 1 unfinished, 0 not"), "\(status.output)")
  }

  @Test("SIGQUIT ends it without a description of a crash, as it ends everything else")
  func quit() throws {
    try directory.write("CREATE TABLE t (x);\n\(Self.endless)", to: "sql/1_t.up.sql")
    let end = try stop(by: SIGQUIT, on: "sqlite://x.db", ["-v"]) { try applies() }
    #expect(end.reason == .uncaughtSignal)
    #expect(end.status == SIGQUIT)
    #expect(!end.said.contains("Thread 0"), "\(end.said.prefix(2000))")
    #expect(!end.said.contains("applied"))
  }
}
