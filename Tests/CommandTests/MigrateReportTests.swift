import Foundation
import Glibc
import TestSupport
import Testing

@Suite("What lynx migrate reports, also of what fails")
struct MigrateReportTests {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    for name in ["sql", "other"] {
      try FileManager.default.createDirectory(
        atPath: directory / name, withIntermediateDirectories: true)
    }
  }

  private func migrate(_ line: String, environment: [String: String] = [:]) throws
    -> Executable.Result
  {
    try Executable.run(
      ["migrate"] + line.split(separator: " ").map(String.init), in: directory,
      environment: environment)
  }

  private func object(_ bytes: Data) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: bytes) as? [String: Any]
    #expect(object?["schema"] as? Int == 1)
    return try #require(object)
  }

  @Test("a failure in the middle: what was applied before it, and where it is")
  func failure() throws {
    try directory.write("CREATE TABLE a (x)", to: "sql/1_a.up.sql")
    try directory.write("SELECT 1;\n  INSERT INTO nowhere VALUES (1)", to: "sql/2_b.up.sql")
    let dry = try object(migrate("up --dir sql --dry-run --json").outputBytes)
    let would = try #require((dry["applied"] as? [[String: Any]])?.first)
    #expect(would["sql"] as? String == "CREATE TABLE a (x)")
    #expect(would["duration_ms"] is NSNull)

    let result = try migrate("up --dir sql --json report.json")
    #expect(result.status == 1)
    #expect(result.output == "")
    let report = try object(
      Data(contentsOf: URL(fileURLWithPath: directory / "report.json")))
    let applied = try #require(report["applied"] as? [[String: Any]])
    #expect(applied.map { $0["version"] as? String } == ["1"])
    #expect(applied.map { $0["file"] as? String } == ["sql/1_a.up.sql"])
    #expect(Set(would.keys).subtracting(["sql"]) == Set(applied[0].keys))
    let error = try #require(report["error"] as? [String: Any])
    #expect(error["kind"] as? String == "failed")
    #expect(error["exit_code"] as? Int == 1)
    #expect(error["version"] as? String == "2")
    #expect(error["file"] as? String == "sql/2_b.up.sql")
    #expect(error["line"] as? Int == 2)
    #expect(error["statement"] as? Int == 2)
    #expect(result.errors.contains(try #require(error["message"] as? String)))
  }

  @Test(
    "a refusal is an object as well",
    arguments: [
      ("up --dir none", 66, "missing_input"), ("down", 69, "database"),
      ("up --to x", 64, "usage"), ("up --database-url mysql://h/d", 78, "setting"),
      ("up --dir bad", 65, "bad_file"), ("verify", 1, "failed"),
    ])
  func refusal(line: String, code: Int, kind: String) throws {
    try FileManager.default.createDirectory(
      atPath: directory / "bad", withIntermediateDirectories: true)
    try directory.write("-- migrate:up\nSELECT 'open", to: "bad/1_a.up.sql")
    let result = try migrate(line + " --json")
    #expect(result.status == Int32(code), "\(result.errors)")
    let report = try object(result.outputBytes)
    #expect(result.output.split(separator: "\n").count == 1)
    guard line != "verify" else {
      #expect(report["ok"] as? Bool == false)
      return
    }
    let error = try #require(report["error"] as? [String: Any])
    #expect(error["kind"] as? String == kind)
    #expect(error["exit_code"] as? Int == code)
    if kind == "bad_file" { #expect(error["file"] as? String == "bad/1_a.up.sql") }
  }

  @Test("a report that cannot be written is told before anything is done")
  func unwritable() throws {
    try directory.write("CREATE TABLE a (x)", to: "sql/1_a.up.sql")
    #expect(try migrate("up --dir sql --json none/x.json").status == 73)
    #expect(!FileManager.default.fileExists(atPath: directory / "lynx.db"))
  }

  @Test("repair does not take another project's files for changed ones, and is agreed to")
  func repair() throws {
    for (number, name) in ["links", "users", "search"].enumerated() {
      try directory.write("CREATE TABLE \(name) (x)", to: "sql/000\(number + 1)_n\(name).up.sql")
      try directory.write("CREATE TABLE o\(name) (x)", to: "other/\(number + 1)_o\(name).up.sql")
    }
    let records = {
      String(
        decoding: try Tool.run(
          "/usr/bin/sqlite3",
          [directory / "lynx.db", "SELECT version, name, checksum FROM lynx_migrations"]),
        as: UTF8.self)
    }
    #expect(try migrate("up --dir sql").status == 0)
    let before = try records()
    for line in ["repair --yes", "repair --yes --dir other", "up", "up --dir other"] {
      let result = try migrate(line)
      #expect(result.status == 1, "\(line): \(result.output)")
      #expect(result.errors.contains("migration 0001_nlinks where "), "\(result.errors)")
      #expect(result.errors.contains("check --dir and --database-url"))
      #expect(try records() == before)
    }
    // A change of the project itself.
    try directory.write("CREATE TABLE links (x, y)", to: "sql/0001_nlinks.up.sql")
    let dry = try migrate("repair --dir sql --dry-run")
    #expect(
      dry.output
        == "would accept the changed file of 0001_nlinks (sql/0001_nlinks.up.sql)\n")
    let unasked = try migrate("repair --dir sql")
    #expect(unasked.status == 64)
    #expect(unasked.errors.contains("confirm it with --yes"))
    #expect(try records() == before)
    #expect(try migrate("repair --dir sql --yes").status == 0)
    #expect(try records() != before)
    #expect(try migrate("verify --dir sql").status == 0)
    #expect(try migrate("repair --dir sql").output == "nothing to repair\n")
  }

  @Test("an empty DATABASE_URL is no name of a database")
  func emptyVariable() throws {
    for action in ["up", "status", "drop --yes"] {
      let result = try migrate(action, environment: ["DATABASE_URL": ""])
      #expect(result.status == 78)
      #expect(result.errors.contains("DATABASE_URL is set and empty"))
    }
    #expect(try migrate("new a --dir sql", environment: ["DATABASE_URL": ""]).status == 0)
    #expect(try directory.names == ["other", "sql"])
  }

  @Test("what is not there is said not to be there")
  func absent() throws {
    let server = try PostgresServer.shared()
    for url in [server.url(database: "typo"), "sqlite://typo.db"] {
      for action in ["status", "version"] {
        let result = try migrate("\(action) --database-url \(url)")
        #expect(result.status == 0)
        #expect(result.errors.contains("there is no database"), "\(result.errors)")
        let report = try object(
          migrate("\(action) --database-url \(url) --json").outputBytes)
        #expect(report["exists"] as? Bool == false)
      }
      let verify = try migrate("verify --database-url \(url)")
      #expect(verify.errors.contains("there is no database"))
    }
  }

  @Test("what says where and how is taken by every action; quiet means errors only")
  func sharedOptions() throws {
    try directory.write("CREATE TABLE a (x)", to: "sql/1_a.up.sql")
    let shared = "--database-url sqlite://x.db --dir sql --lock-timeout 5s"
    for action in [
      "create", "up", "status", "version", "verify", "dump", "wait", "new b", "drop --yes",
    ] {
      let result = try migrate("\(action) \(shared)")
      #expect(result.status == 0, "\(action): \(result.errors)")
    }
    let quiet = try migrate("status -q --dir other --database-url sqlite://x.db")
    #expect(quiet.output == "")
    let useless = try migrate("status --yes")
    #expect(useless.errors.hasPrefix("lynx migrate: status has no use for --yes"))
  }

  @Test(
    "a dump of PostgreSQL is the same each time; nobody to read it, and no room, are told alike")
  func dump() throws {
    let server = try PostgresServer.shared()
    var dumps: [String] = []
    for _ in 0..<2 {
      let name = try server.makeDatabase()
      let url = server.url(database: name)
      #expect(try migrate("up --database-url \(url)").status == 0)
      try server.psql("UPDATE lynx_migrations SET applied_at = applied_at - 77", database: name)
      dumps.append(try migrate("dump --database-url \(url)").output)
      let copy = try server.makeDatabase()
      try server.psql(dumps[0], database: copy)
      #expect(try migrate("verify --database-url \(server.url(database: copy))").status == 0)
      for (line, status) in [("| head -n 1", 0), ("> /dev/full", 73)] as [(String, Int32)] {
        let result = try Executable.shell(
          "set -o pipefail; $LYNX migrate dump --database-url '\(url)' \(line)", in: directory)
        #expect(result.status == status, "\(result.errors)")
      }
    }
    #expect(dumps[0] == dumps[1])
    #expect(dumps[0].contains("CREATE TABLE public.urls"))
    #expect(!dumps[0].contains("restrict "))
  }
}
