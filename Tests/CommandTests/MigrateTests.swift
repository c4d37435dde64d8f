import Databases
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("lynx migrate")
struct MigrateTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func migrate(_ line: String, environment: [String: String] = [:]) throws
    -> Executable.Result
  {
    try Executable.run(
      ["migrate"] + line.split(separator: " ").map(String.init), in: directory,
      environment: environment)
  }

  private func report(_ line: String, environment: [String: String] = [:]) throws -> [String: Any] {
    let result = try migrate(line + " --json", environment: environment)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.split(separator: "\n").count == 1)
    let object = try JSONSerialization.jsonObject(with: result.outputBytes) as? [String: Any]
    #expect(object?["schema"] as? Int == 1)
    return try #require(object)
  }

  @Test("makes, describes and updates the database of links")
  func lifetime() throws {
    let status = try migrate("")
    #expect(status.status == 0)
    #expect(status.output.contains("0 applied, 4 not"))
    #expect(try directory.names == [])
    #expect(try migrate("verify").status == 1)

    let up = try migrate("up")
    #expect(up.status == 0)
    let applied = up.output.split(separator: "\n").map { $0.prefix(12) }
    #expect(applied == (1...4).map { "applied 000\($0)" })
    #expect(try migrate("up").output == "")
    #expect(try migrate("version").output == "0004\n")
    #expect(try migrate("verify").status == 0)
    #expect(try (report("status")["pending"] as? Int) == 0)

    // Coming down is confirmed; --dry-run prints what would be run, and runs nothing.
    let refused = try migrate("down")
    #expect(refused.status == 64)
    #expect(refused.errors.contains("undo 0004_service"))
    #expect(refused.errors.contains("--yes"))
    let preview = try migrate("down --dry-run")
    #expect(preview.output.contains("DROP TABLE api_keys;"))
    #expect(try migrate("version").output == "0004\n")
    let undone = try report("down --yes")["undone"] as? [Any]
    #expect(undone?.count == 1)
    #expect(try migrate("version").output == "0003\n")
    #expect(try migrate("up --dry-run").output.contains("CREATE TABLE api_keys"))
    #expect(try migrate("redo --yes").output.contains("undid 0003_search"))
    #expect(try migrate("up -q").output == "")
    #expect(try migrate("redo --yes -v").errors.contains("undoing 0004_service (lynx:sqlite/0004"))

    let dump = try migrate("dump")
    #expect(dump.status == 0)
    #expect(dump.output.contains("CREATE TABLE urls"))
    #expect(try migrate("drop").status == 64)
    try insertLink()
    let holds = try migrate("drop")
    #expect(holds.status == 64)
    #expect(holds.errors.contains("holds links"))
    #expect(try migrate("drop --yes").output.hasPrefix("dropped"))
    #expect(try directory.names == [])
    #expect(try migrate("drop --yes").status == 0)
    #expect(try (report("create")["created"] as? Bool) == true)
    #expect(try (report("create")["created"] as? Bool) == false)
    #expect(try migrate("wait --wait 5s").status == 0)
  }

  private func insertLink() throws {
    _ = try Tool.run(
      "/usr/bin/sqlite3",
      [
        directory / "lynx.db",
        "INSERT INTO urls (short_code, original_url, created_at) VALUES ('a', 'x', 1)",
      ])
  }

  @Test(
    "what cannot be meant, is not there or is not understood has its code and its sentence",
    arguments: [
      ("upp", 64, "did you mean 'up'?"), ("rollback", 64, "did you mean 'down'?"),
      ("frobnicate", 64, "there are status, up"), ("up down", 64, "'down' is one word too many"),
      ("status --yes", 64, "no use for --yes"),
      ("up --url sqlite://x.db", 64, "here it is called --database-url"),
      ("up --migrations-dir d", 64, "here it is called --dir"),
      ("up --to x", 64, "--to takes the number"),
      ("up --to 7", 64, "there is no migration 7"), ("up --steps 0", 64, "whole number from 1"),
      ("new", 64, "needs a name and a directory"), ("new x", 64, "needs a name and a directory"),
      ("new ../x --dir d", 64, "letters, digits and underscores"),
      ("up --lock-timeout soon", 64, "'soon' is not a number"),
      ("dump --to 1", 64, "dump has no use for --to"),
      ("up --dir empty", 66, "'empty' has no migrations"),
      ("verify --dir empty", 66, "'empty' has no migrations"),
      ("status --dir capitals", 65, "1_a.UP.SQL ends in capitals"),
      ("status --dir pipe", 65, "1_a.up.sql is not a regular file"),
      ("up --dir none", 66, "there is no directory 'none'"),
      ("up --dir bad", 65, "x.sql is not named like a migration"),
      ("up --database-url mysql://u:hush@h/d", 78, "sqlite:// or postgresql://"),
      ("up --database-url sqlite::memory:", 78, "in memory"),
      ("up --database-url sqlite://no/where/x.db", 73, "no/where"),
      ("up --database-url sqlite://noise.db", 65, "noise.db"),
      ("version --database-url postgresql://u:hush@127.0.0.1:1/d", 69, "127.0.0.1:1"),
      ("wait --wait 300ms --database-url postgresql://u:hush@127.0.0.1:1/d", 69, "127.0.0.1:1"),
      ("wait --wait 300ms", 69, "there is no database"),
    ])
  func refused(line: String, code: Int32, reason: String) throws {
    for name in ["bad", "capitals", "empty", "pipe"] {
      try FileManager.default.createDirectory(
        atPath: directory / name, withIntermediateDirectories: true)
    }
    try directory.write("select 1", to: "bad/x.sql")
    try directory.write("select 1", to: "capitals/1_a.UP.SQL")
    mkfifo(directory / "pipe/1_a.up.sql", 0o600)
    try directory.write(String(repeating: "no database ", count: 400), to: "noise.db")
    let result = try migrate(line)
    #expect(result.status == code, "\(result.errors)")
    #expect(result.output == "")
    #expect(result.errors.hasPrefix("lynx migrate: "), "\(result.errors)")
    #expect(result.errors.contains(reason), "\(result.errors)")
    #expect(!result.errors.contains("hush"))
    #expect(try directory.names == ["bad", "capitals", "empty", "noise.db", "pipe"])
  }

  @Test("help shows examples first, in lines that fit")
  func help() throws {
    let result = try Executable.run(["migrate", "--help"], in: directory)
    #expect(result.status == 0)
    let examples = try #require(result.output.firstRange(of: "Examples:"))
    let options = try #require(result.output.firstRange(of: "OPTIONS:"))
    #expect(examples.lowerBound < options.lowerBound)
    for line in result.output.split(separator: "\n") { #expect(line.count <= 80) }
  }

  @Test("new files are made, and applied by their kind")
  func newFiles() throws {
    let files = try migrate("new add_users --dir sql").output.split(separator: "\n").map(
      String.init)
    #expect(files.count == 2)
    // Empty as they are, they are not taken for done.
    let empty = try migrate("up --dir sql")
    #expect(empty.status == 65)
    #expect(empty.errors.contains("has no statement to run"))
    #expect(try directory.names == ["sql"])
    try directory.write("CREATE TABLE users (x)", to: files[0])
    #expect(try migrate("up --dir sql").status == 0)
  }

  @Test("PostgreSQL: created, migrated, dumped by pg_dump and dropped, without a word of passwords")
  func postgres() throws {
    let server = try PostgresServer.shared()
    let name = "made_" + UUID().uuidString.prefix(8).lowercased()
    let url = server.url(password: "hush", database: name)
    let environment = ["DATABASE_URL": url]
    var said = ""
    func run(_ line: String, _ status: Int32 = 0) throws -> String {
      let result = try migrate(line, environment: environment)
      #expect(result.status == status, "\(line): \(result.errors)")
      said += result.output + result.errors
      return result.output
    }
    #expect(try run("status").contains("0 applied, 4 not"))
    #expect(try run("wait").contains("the server answers, and has no database yet"))
    _ = try run("up")
    #expect(try server.psql("SELECT count(*) FROM lynx_migrations", database: name) == "4\n")
    #expect(try server.psql("SHOW server_encoding", database: name) == "UTF8\n")

    let dump = try run("dump")
    let copy = try server.makeDatabase()
    try server.psql(dump, database: copy)
    let copied = try migrate("verify", environment: ["DATABASE_URL": server.url(database: copy)])
    #expect(copied.status == 0, "\(copied.errors)")

    try server.psql(
      "INSERT INTO urls (short_code, original_url, created_at) VALUES ('a', 'x', 1)", database: name
    )
    _ = try run("drop", 64)
    _ = try run("verify --json")
    _ = try run("drop --yes")
    #expect(try server.psql("SELECT count(*) FROM pg_database WHERE datname = '\(name)'") == "0\n")
    #expect(!said.contains("hush"))

    let wrong = try migrate(
      "up", environment: ["DATABASE_URL": server.url(user: "guarded", password: "hush")])
    #expect(wrong.status == 77)
    #expect(!wrong.errors.contains("hush"))
  }

  @Test("a database others use is not dropped")
  func usedByOthers() throws {
    #expect(try migrate("up").status == 0)
    do {
      let reader = try SQLiteConnection(path: directory / "lynx.db")
      let result = try migrate("drop --yes")
      #expect(result.status == 75, "\(result.errors)")
      #expect(FileManager.default.fileExists(atPath: directory / "lynx.db"))
      withExtendedLifetime(reader) {}
    }
    #expect(try migrate("drop --yes").status == 0)
  }
}
