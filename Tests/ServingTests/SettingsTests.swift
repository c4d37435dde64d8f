import Databases
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("lynx serve: settings, and what stops the start")
struct SettingsTests {
  @Test("an option beats the environment, which beats the file")
  func precedence() throws {
    let place = try ServedLynx.Place()
    let file = """
      # what everybody has
      REDIRECT_STATUS_CODE=301
      REDIRECT_MAX_AGE = "60"

      CACHE_MAX_ENTRIES=1000
      """
    try Data(file.utf8).write(to: URL(fileURLWithPath: place.path + "/lynx.conf"))
    func status(_ arguments: [String], _ environment: [String: String]) throws -> (Int, String?) {
      let server = try ServedLynx(
        ["--config", "lynx.conf"] + arguments, in: place, environment: environment)
      try #require(server.isRunning, "\(server.errors)")
      if try server.redirect("one").status == 404 { try server.create("one") }
      let answer = try server.redirect("one")
      #expect(server.stop() == 0)
      return (answer.status, answer.fields["cache-control"])
    }
    #expect(try status([], [:]) == (301, "private, max-age=60"))
    #expect(try status([], ["REDIRECT_STATUS_CODE": "302"]) == (302, "private, max-age=60"))
    let both = try status(["--redirect-status=307"], ["REDIRECT_STATUS_CODE": "302"])
    #expect(both == (307, "private, max-age=60"))
  }

  @Test(
    "whatever is not understood stops it, with its place",
    arguments: [
      (["--redirect-port", "70000"], [:], 64, "--redirect-port: '70000': write a whole number"),
      ([], ["AUTH_MODE": "nobody"], 78, "AUTH_MODE in the environment: 'nobody': write none or"),
      ([], ["REDIRECT_STATUS_CODE": "309"], 78, "write 301, 302, 303, 307 or 308"),
      ([], ["CACHE_MAX_ENTRIES": ""], 78, "CACHE_MAX_ENTRIES in the environment is empty"),
      ([], ["ENABLE_TIMING_HEADERS": "maybe"], 78, "write true or false"),
      ([], ["DATABASE_URL": "mysql://x"], 78, "DATABASE_URL in the environment: the"),
      (["--database-url", "mysql://x"], [:], 64, "--database-url: the database URL has to"),
      (["--config", "none.conf"], [:], 66, "there is no file 'none.conf'"),
      (
        ["--config", "wrong.conf"], [:], 78, "wrong.conf, line 2: 'API_PROT' is not a setting; did"
      ),
      (["--api-host", "0.0.0.0"], [:], 78, "would be open to everybody"),
      (["--redirect-base-url", "s.example"], [:], 64, "write a URL"),
      (["--database-url", "sqlite:///no/such/lynx.db"], [:], 73, "does not exist"),
      (["--database-url", "postgresql://a@127.0.0.1:1/a"], [:], 69, "cannot be reached"),
      (["--journal-dir", "/proc/clicks"], [:], 73, "the click journal cannot be kept"),
      (["--journal-dir", "wrong.conf"], [:], 73, "wrong.conf: Not a directory"),
      (["--unix-socket", "none/r", "--redirect-port", "0"], [:], 73, "none/r: No such file"),
      (["--redirect-host", "203.0.113.1"], [:], 78, "203.0.113.1"),
      (
        ["--redirect-host", "a..b"], [:], 64, "--redirect-host: the name 'a..b' cannot be resolved"
      ),
      ([], ["API_HOST": "a..b"], 78, "API_HOST in the environment: the name 'a..b' cannot be"),
      (
        ["--redirect-host", "127.0.0.1:80"], [:], 64, "without a port; that is for --redirect-port"
      ),
      (["--api-host", "::1,[::1]:80"], [:], 64, "without a port; that is for --api-port"),
      (["--redirect-host", "0.0.0.0,127.0.0.1"], [:], 64, "0.0.0.0:3000 and 127.0.0.1:3000 are"),
      ([], ["REDIRECT_HOST": "::1,127.0.0.1,::"], 78, "[::1]:3000 and [::]:3000 are the same"),
      (["--api-port", "3000"], [:], 64, "give --redirect-port and --api-port different ports"),
      ([], ["REDIRECT_PORT": "8080"], 78, "give --redirect-port and --api-port different ports"),
      (["--redirect-base-url", "https://s.example/?x"], [:], 64, "begins with ? or #"),
      (["--redirect-base-url", "https://s.example#x"], [:], 64, "begins with ? or #"),
      ([], ["REDIRECT_BASE_URL": "https:///x"], 78, "it has no host"),
      (["--redirect-base-url", "http://:80"], [:], 64, "it has no host"),
      (["--short-code-max-length", "2"], [:], 64, "write a whole number from 3 to 1024"),
      ([], ["SHORT_CODE_MAX_LENGTH": "1"], 78, "write a whole number from 3 to 1024"),
    ] as [([String], [String: String], Int32, String)])
  func refused(
    arguments: [String], environment: [String: String], status: Int32, sentence: String
  ) throws {
    let place = try ServedLynx.Place()
    try Data("# settings\nAPI_PROT=1\n".utf8)
      .write(to: URL(fileURLWithPath: place.path + "/wrong.conf"))
    let server = try ServedLynx(arguments, in: place, environment: environment, ports: [])
    #expect(server.refusal() == status, "\(server.errors)")
    #expect(server.errors.contains(sentence), "\(server.errors)")
    #expect(server.errors.hasPrefix("lynx serve: "))
    // One sentence; behind what was typed wrongly, where to read about it.
    let lines = server.errors.split(separator: "\n").count
    #expect(lines == (status == 64 ? 2 : 1), "\(server.errors)")
    #expect(server.said.isEmpty)
  }

  @Test("addresses that only look alike are taken")
  func neighbours() throws {
    let place = try ServedLynx.Place()
    let server = try ServedLynx(
      ["--redirect-host", "127.0.0.1,127.0.0.2,::1", "--api-host", "127.0.0.1,127.0.0.2"], in: place
    )
    try #require(server.isRunning, "\(server.errors)")
    #expect(server.stop() == 0)
  }

  @Test("a file is read as editors of other systems write it")
  func fileWithMark() throws {
    let place = try ServedLynx.Place()
    try Data("\u{FEFF}REDIRECT_STATUS_CODE=301\r\nREDIRECT_MAX_AGE=7\r\n".utf8)
      .write(to: URL(fileURLWithPath: place.path + "/lynx.conf"))
    let server = try ServedLynx(["--config", "lynx.conf"], in: place)
    try #require(server.isRunning, "\(server.errors)")
    try server.create("one")
    let answer = try server.redirect("one")
    #expect(answer.status == 301 && answer.fields["cache-control"] == "private, max-age=7")
    #expect(server.stop() == 0)
  }

  @Test(
    "what is true or false is written in the usual ways",
    arguments: ["true", "TRUE", "yes", "on", "1", "false", "False", "no", "off", "0"])
  func flags(text: String) throws {
    let server = try ServedLynx(environment: ["ENABLE_TIMING_HEADERS": text])
    try #require(server.isRunning, "\(server.errors)")
    try server.create("one")
    let isOn = ["true", "yes", "on", "1"].contains(text.lowercased())
    #expect((try server.redirect("one").fields["x-lynx-cache-hit"] != nil) == isOn)
    #expect(server.stop() == 0)
  }

  @Test("so few files that it could not run are told, with how many it needs, and these will do")
  func files() throws {
    var needed = 28
    for _ in 0..<2 {
      let refused = try ServedLynx(
        ["--threads", "2"], prefix: ["prlimit", "--nofile=\(needed):\(needed)"])
      #expect(refused.refusal() == 78, "\(refused.errors)")
      let words = refused.errors.split(separator: " ")
      let place = try #require(words.firstIndex(of: "needs"), "\(refused.errors)")
      needed = try #require(Int(words[place + 1])) - 1
      #expect(refused.errors.contains("LimitNOFILE="))
    }
    needed += 1
    let server = try ServedLynx(
      ["--threads", "2"], prefix: ["prlimit", "--nofile=\(needed):\(needed)"])
    try #require(server.isRunning, "\(server.errors)")
    for number in 0..<20 {
      try server.create("code-\(number)")
      #expect(try server.redirect("code-\(number)").status == 308)
      #expect(try server.api("GET", "/readyz").status == 200)
    }
    #expect(server.stop() == 0)
  }

  @Test("a disk without room for the journal is told, with how much that is")
  func journalRoom() throws {
    let place = try ServedLynx.Place()
    try FileManager.default.createDirectory(
      atPath: place.path + "/small", withIntermediateDirectories: false)
    // A mount that is seen in there alone, as root or as anyone whom the kernel lets.
    let script = #"mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@""#
    let server = try ServedLynx(
      ["--journal-dir", "small/clicks", "--threads", "2"], in: place,
      prefix: [
        "unshare", geteuid() == 0 ? "-m" : "-Urm", "sh", "-c", script, place.path + "/small",
      ])
    #expect(server.refusal() == 73, "\(server.errors)")
    #expect(
      server.errors.contains("the click journal needs 47 MB in small/clicks"), "\(server.errors)")
    #expect(server.errors.split(separator: "\n").count == 1, "\(server.errors)")
  }

  @Test("a PostgreSQL database that is not there and may not be made is told as that")
  func unknownDatabase() throws {
    let server = try PostgresServer.shared()
    let name = "u" + UUID().uuidString.prefix(8).lowercased()
    _ = try server.psql("CREATE ROLE \(name) LOGIN PASSWORD 'secret'")
    let url = server.url(user: name, password: "secret", database: "absent_\(name)")
    let refused = try ServedLynx(["--database-url", url])
    #expect(refused.refusal() == 77, "\(refused.errors)")
    #expect(
      refused.errors.contains("database absent_\(name) does not exist, and this user may not"),
      "\(refused.errors)")
    #expect(!refused.errors.contains("secret"))
    // Who may make it has it made.
    let made = try ServedLynx(
      ["--database-url", server.url(database: "absent_\(name)")])
    #expect(made.isRunning && made.errors.contains("schema made"), "\(made.errors)")
    #expect(made.stop() == 0)
  }

  @Test("a port that is taken is told, with who has it")
  func taken() throws {
    let first = try ServedLynx()
    for ports in [
      ["--redirect-port", "\(first.redirectPort)", "--api-port", "0"],
      ["--redirect-port", "0", "--api-port", "\(first.apiPort)"],
    ] {
      let second = try ServedLynx(in: first.place, ports: ports)
      #expect(second.refusal() == 75, "\(second.errors)")
      #expect(second.errors.contains("process \(first.processID)"), "\(second.errors)")
    }
    #expect(try first.redirect("none").status == 404, "the first is as it was")
    #expect(first.stop() == 0)
  }

  @Test("an older, a newer and a foreign schema each stop it, and nothing is changed")
  func schemas() throws {
    let place = try ServedLynx.Place()
    let path = place.path + "/lynx.db"
    #expect(try ServedLynx(in: place).stop() == 0)
    func migrated(_ script: String) throws -> ServedLynx {
      try SQLiteConnection(path: path).execute(script)
      let before = try Data(contentsOf: URL(fileURLWithPath: path))
      let server = try ServedLynx(in: place)
      #expect(server.refusal() == 78, "\(server.errors)")
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
      return server
    }
    let newer = try migrated(
      """
      INSERT INTO lynx_migrations SELECT '0099', name, checksum, applied_at, duration_ms, dirty
      FROM lynx_migrations WHERE version = '0004'
      """)
    #expect(newer.errors.contains("newer"), "\(newer.errors)")
    let older = try migrated(
      """
      DELETE FROM lynx_migrations WHERE version IN ('0099', '0004');
      DROP TABLE settings; DROP TABLE api_keys; DROP TABLE click_batches
      """)
    #expect(older.errors.contains("lynx migrate up"), "\(older.errors)")
    // Links of somebody whose migrations are not recorded.
    let adopted = try migrated("DROP TABLE lynx_migrations")
    #expect(adopted.errors.contains("lynx migrate up"), "\(adopted.errors)")
  }

  @Test(
    "a database of something else is left alone, with what is in it and what to do",
    arguments: [false, true],
    [
      ["settings"], ["api_keys", "orders"], ["urls"], ["a", "b", "c", "d", "e"],
    ])
  func foreignTables(onPostgres: Bool, tables: [String]) throws {
    let place = try ServedLynx.Place()
    let script = tables.map { "CREATE TABLE \($0) (x INTEGER);" }.joined(separator: "\n")
    var arguments: [String] = []
    var left: () throws -> [String] = { [] }
    if onPostgres {
      let postgres = try PostgresServer.shared()
      let name = try postgres.makeDatabase()
      try postgres.psql(script, database: name)
      arguments = ["--database-url", postgres.url(database: name)]
      left = {
        try postgres.psql(
          "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
          database: name
        ).split(separator: "\n").map(String.init)
      }
    } else {
      let path = place.path + "/lynx.db"
      try SQLiteConnection(path: path).execute(script)
      left = {
        let rows = try SQLiteConnection(path: path).prepare("SELECT name FROM sqlite_master")
        var names: [String] = []
        while try rows.step() { names.append(rows.text(at: 0) ?? "") }
        return names
      }
    }
    let server = try ServedLynx(arguments, in: place)
    #expect(server.refusal() == 78, "\(server.errors)")
    #expect(
      server.errors.contains(tables.prefix(3).joined(separator: ", "))
        && server.errors.contains("holds what is not Lynx's")
        && server.errors.contains("name an empty database"), "\(server.errors)")
    #expect(server.errors.contains(" and 2 more") == (tables.count == 5))
    #expect(!server.errors.contains("older"), "\(server.errors)")
    #expect(try Set(left()) == Set(tables))
  }

  @Test("what an extension made, and other schemas, are nobody's tables")
  func extensionTables() throws {
    let postgres = try PostgresServer.shared()
    let name = try postgres.makeDatabase()
    // An extension's table without needing one that has some.
    try postgres.psql(
      """
      CREATE EXTENSION pg_trgm;
      CREATE TABLE kept (x INTEGER);
      ALTER EXTENSION pg_trgm ADD TABLE kept;
      CREATE SCHEMA elsewhere;
      CREATE TABLE elsewhere.orders (x INTEGER)
      """, database: name)
    let server = try ServedLynx(["--database-url", postgres.url(database: name)])
    try #require(server.isRunning, "\(server.errors)")
    #expect(server.errors.contains("schema made"))
    #expect(server.stop() == 0)
  }
}
