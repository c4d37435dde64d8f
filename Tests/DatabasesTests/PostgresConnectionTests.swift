import Databases
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite("PostgreSQL: a connection that waits for its answers")
struct PostgresConnectionTests {
  private func connect(_ server: PostgresServer, timeout: Int? = nil) throws -> PostgresConnection {
    try PostgresConnection(
      conninfo: server.url(database: server.makeDatabase()), statementTimeoutMilliseconds: timeout)
  }

  @Test("it is application lynx, over TCP and over the socket, of the version psql sees")
  func session() throws {
    let server = try PostgresServer.shared()
    for url in [server.url(), server.socketURL()] {
      let connection = try PostgresConnection(conninfo: url)
      let rows = try connection.query(
        "SELECT application_name, current_setting('client_encoding') FROM pg_stat_activity "
          + "WHERE pid = $1", parameters: ["\(connection.serverProcessID)"])
      #expect(rows == [["lynx", "UTF8"]])
      let version = try server.psql("SHOW server_version_num")
      #expect("\(connection.serverVersion)\n" == version)
    }
    let named = try PostgresConnection(conninfo: server.url() + "?application_name=other")
    #expect(try named.query("SHOW application_name") == [["other"]])
  }

  @Test("what refuses a connection has its kind and a sentence with host and port, no password")
  func refusals() throws {
    let server = try PostgresServer.shared()
    let secret = "S3cretSauce"
    let free = try PostgresServer.freePort()
    let cases: [(String, DatabaseError.Kind, [String])] = [
      (
        server.url(user: "guarded", password: secret), .notPermitted, ["guarded", "\(server.port)"]
      ),
      (server.url(user: "guarded"), .notPermitted, ["password", "\(server.port)"]),
      (server.url(user: "rejected", password: secret), .notPermitted, ["pg_hba", "rejected"]),
      (server.url(user: "nobody_here", password: secret), .notPermitted, ["nobody_here"]),
      (
        server.url(password: secret, database: "no such"), .unreachable,
        ["database no such does not exist", "127.0.0.1:\(server.port)"]
      ),
      (server.url(password: secret, port: free), .unreachable, ["127.0.0.1:\(free)", "refused"]),
      (
        "postgresql://u:\(secret)@no-such-host.invalid/x", .unreachable,
        ["no-such-host.invalid:5432"]
      ),
      ("postgresql://u:\(secret)@/x?host=/nowhere/at/all", .unreachable, ["/nowhere/at/all"]),
    ]
    for (url, kind, parts) in cases {
      let error = failure { try PostgresConnection(conninfo: url) }
      expectSentence(error, kind)
      for part in parts { #expect(error?.message.contains(part) == true, "\(error as Any)") }
      #expect(error?.message.contains(secret) == false)
    }
    let good = try PostgresConnection(
      conninfo: server.url(user: "guarded", password: PostgresServer.guardedPassword))
    #expect(try good.query("SELECT current_user") == [["guarded"]])
  }

  @Test("who accepts and says nothing is given up in time")
  func silence() throws {
    let silent = try SilentPort()
    let error = failure {
      try PostgresConnection(
        conninfo: "postgresql://u@127.0.0.1:\(silent.number)/x", connectTimeoutMilliseconds: 200)
    }
    expectSentence(error, .unreachable, "127.0.0.1:\(silent.number)", "200 ms")
    // What the URL says counts more.
    let asked = failure {
      try PostgresConnection(
        conninfo: "postgresql://u@127.0.0.1:\(silent.number)/x?connect_timeout=1",
        connectTimeoutMilliseconds: 600_000)
    }
    expectSentence(asked, .unreachable, "1000 ms")
  }

  @Test("advice fits the reason why nobody could be reached")
  func advice() throws {
    let port = try PostgresServer.shared().port
    let secure = failure {
      try PostgresConnection(conninfo: "postgresql://lynx@127.0.0.1:\(port)/x?sslmode=require")
    }
    expectSentence(secure, .unreachable, "SSL", "see sslmode in the URL")
    let host = failure { try PostgresConnection(conninfo: "postgresql://u@no.such.invalid/x") }
    expectSentence(host, .unreachable, "is the host's name right")
  }

  @Test("generated texts come back as they went in, as parameters and as quoted literals and names")
  func roundTrip() throws {
    var generator = SeededGenerator.forTest()
    let connection = try connect(PostgresServer.shared())
    for standard in ["on", "off"] {
      try connection.execute(
        "SET standard_conforming_strings = \(standard); SET escape_string_warning = off")
      for _ in 0..<150 {
        let text = awkwardText(&generator)
        let literal = try connection.quoted(literal: text)
        let rows = try connection.query(
          "SELECT \(literal), $1::text, $2::text", parameters: [text, nil])
        #expect(rows == [[text, text, nil]], "\(literal)")
        let name = String(("a" + text).unicodeScalars.prefix(12))
        let table = try connection.quoted(identifier: name)
        try connection.execute("BEGIN; CREATE TABLE \(table)(a int)")
        #expect(
          try connection.query(
            "SELECT relname FROM pg_class WHERE relname = $1", parameters: [name]) == [[name]])
        try connection.execute("ROLLBACK")
      }
    }
    for error in [
      failure { try connection.query("SELECT $1::text", parameters: ["a\0b"]) },
      failure { try connection.quoted(literal: "a\0b") },
      failure { try connection.quoted(identifier: "a\0b") },
      failure { try connection.execute("SELECT '\0'") },
    ] {
      expectSentence(error, .statement, "NUL")
    }
    #expect(try connection.query("SELECT 1") == [["1"]])
  }

  @Test("an error in a script is found at its byte, behind multibyte text")
  func offsets() throws {
    var generator = SeededGenerator.forTest()
    let connection = try connect(PostgresServer.shared())
    let fillers = ["-- ü 🦁\n", "/* é /* 日本 */ ; */", "\r\n", "SELECT 'ä;🦁';", "SELECT $$ü;$$;"]
    let faults = [
      ("SELECT 'é', nonsense", "nonsense"), ("SELEKT 1", "SELEKT"),
      ("SELECT 1 FROM \"fehlt_ü\"", "\"fehlt_ü\""),
    ]
    for _ in 0..<100 {
      let before = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
        fillers.randomElement(using: &generator) ?? ""
      }.joined()
      guard let (text, bad) = faults.randomElement(using: &generator),
        let place = text.firstRange(of: bad)
      else { return }
      let expected = before.utf8.count + text[..<place.lowerBound].utf8.count
      let error = failure { try connection.execute(before + text + "; SELECT 'ü'") }
      #expect(error?.offset == expected, "\(before + text): \(error as Any)")
      expectSentence(error, .statement, "127.0.0.1")
    }
  }

  @Test("each kind of error a statement can end with")
  func kinds() throws {
    let server = try PostgresServer.shared()
    let connection = try connect(server)
    let other = try PostgresConnection(conninfo: server.url(database: connection.databaseName))
    try connection.execute(
      """
      CREATE TABLE t(a int PRIMARY KEY CHECK (a > 0), b int NOT NULL);
      INSERT INTO t VALUES (1, 1), (2, 2);
      GRANT CONNECT ON DATABASE \(connection.databaseName) TO guarded
      """)
    func expect(_ sql: String, _ kind: DatabaseError.Kind, _ code: String) {
      let error = failure { try connection.execute(sql) }
      expectSentence(error, kind, "127.0.0.1:\(server.port)")
      #expect(error?.code == code)
    }
    expect("INSERT INTO t VALUES (1, 1)", .constraint, "23505")
    expect("INSERT INTO t VALUES (0, 1)", .constraint, "23514")
    expect("INSERT INTO t VALUES (3)", .constraint, "23502")
    expect("SELECT * FROM missing", .statement, "42P01")
    expect("SELECT 1/0", .statement, "22012")
    expectSentence(failure { try connection.execute("COPY t FROM STDIN") }, .statement, "COPY")
    try other.execute("BEGIN; LOCK TABLE t")
    expect("SET lock_timeout = 10; SELECT * FROM t", .busy, "55P03")
    try other.execute("ROLLBACK")
    try connection.setStatementTimeout(milliseconds: 1_000)
    expect("SELECT pg_sleep(60)", .busy, "57014")
    try connection.setStatementTimeout(milliseconds: nil)
    try other.execute(
      "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(b) FROM t; UPDATE t SET b = 5")
    try connection.execute("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(b) FROM t")
    try other.execute("COMMIT")
    #expect(connection.isInTransaction)
    expect("UPDATE t SET b = 6", .busy, "40001")
    #expect(connection.isInTransaction)
    try connection.execute("ROLLBACK; SET ROLE guarded")
    #expect(!connection.isInTransaction)
    expect("SELECT * FROM t", .notPermitted, "42501")
    try connection.execute("RESET ROLE")
    try connection.execute("COPY (SELECT 1) TO STDOUT")
    #expect(try connection.query("SELECT count(*) FROM t") == [["2"]])
  }

  @Test("notices are kept until they are asked for")
  func notices() throws {
    let connection = try connect(PostgresServer.shared())
    try connection.execute("DO $$ BEGIN RAISE NOTICE 'so 🦁'; RAISE WARNING 'zwei'; END $$")
    #expect(connection.takeNotices().map(\.message) == ["so 🦁", "zwei"])
    #expect(connection.takeNotices().isEmpty)
  }

  @Test("a transaction that throws leaves nothing")
  func transactions() throws {
    struct Stop: Error {}
    let connection = try connect(PostgresServer.shared())
    try connection.execute("CREATE TABLE t(a int)")
    #expect(throws: Stop.self) {
      try connection.transaction {
        try connection.execute("INSERT INTO t VALUES (1)")
        throw Stop()
      }
    }
    #expect(!connection.isInTransaction)
    #expect(try connection.query("TABLE t") == [])
  }

  @Test("another thread ends a statement")
  func cancelling() throws {
    let server = try PostgresServer.shared()
    let connection = try connect(server)
    let canceller = connection.canceller
    let process = connection.serverProcessID
    let threads = Threads()
    threads.start {
      // When it runs for sure, as another session sees it.
      let other = try PostgresConnection(conninfo: server.url())
      while try other.query(
        "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'",
        parameters: ["\(process)"]
      ).isEmpty {}
      try canceller.cancel()
    }
    expectSentence(failure { try connection.execute("SELECT pg_sleep(600)") }, .busy, "cancel")
    #expect(threads.join().isEmpty)
  }

  @Test("a session that is ended and a server that is killed are lost connections")
  func lost() throws {
    let server = try PostgresServer()
    let connection = try PostgresConnection(conninfo: server.url())
    let other = try PostgresConnection(conninfo: server.url())
    _ = try other.query(
      "SELECT pg_terminate_backend($1)", parameters: ["\(connection.serverProcessID)"])
    expectSentence(
      failure { try connection.query("SELECT 1") }, .connectionLost, "127.0.0.1:\(server.port)")
    try server.kill()
    expectSentence(failure { try other.query("SELECT 1") }, .connectionLost, "\(server.port)")
    #expect(!other.isOpen)
    try server.start()
    #expect(try PostgresConnection(conninfo: server.url()).query("SELECT 1") == [["1"]])
  }

  @Test("a full disk is said to be full")
  func fullDisk() throws {
    let server = try PostgresServer.shared()
    let connection = try connect(server)
    let path = "/tmp/lynx-full-\(connection.databaseName)"
    defer { rmdir(path) }
    let filled: Void? = try withSmallDisk(path) {
      try server.give(path)
      try connection.execute("CREATE TABLESPACE \(connection.databaseName) LOCATION '\(path)'")
      defer {
        _ = try? connection.execute("DROP TABLE IF EXISTS t")
        _ = try? connection.execute("DROP TABLESPACE \(connection.databaseName)")
      }
      try connection.execute("CREATE TABLE t(a text) TABLESPACE \(connection.databaseName)")
      expectSentence(
        failure {
          try connection.execute(
            "INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 5000)")
        }, .full, "127.0.0.1")
    }
    // Who may not mount lets the server say it.
    if filled == nil {
      expectSentence(
        failure {
          try connection.execute(
            "DO $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$")
        }, .full, "no space")
    }
  }
}
