import Databases
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// What became of requests, by number.
private final class Ledger {
  private(set) var ends: [Int: [Result<PostgresRows, DatabaseError>]] = [:]
  private(set) var order: [Int] = []

  func completion(_ number: Int) -> PostgresPipeline.Completion {
    { result in
      self.ends[number, default: []].append(result)
      self.order.append(number)
    }
  }

  subscript(number: Int) -> Result<PostgresRows, DatabaseError>? { ends[number]?.first }

  func error(_ number: Int) -> DatabaseError? {
    if case .failure(let error)? = self[number] { error } else { nil }
  }

  var allOnce: Bool { ends.values.allSatisfy { $0.count == 1 } }
}

@Suite("PostgreSQL: many requests under way on one connection")
struct PostgresPipelineTests {
  private let insert = PostgresStatement(
    "insert", "INSERT INTO t(a, b) VALUES ($1, $2) RETURNING a", [.int64, .text])
  private let echo = PostgresStatement("echo", "SELECT $1 || '!'", [.text])
  private let sleep = PostgresStatement(
    "sleep", "SELECT pg_sleep($1::float8 / 1000)::text", [.int64])

  /// A database with a table, and a pipeline on it.
  private func make(
    _ server: PostgresServer, _ options: PostgresPipeline.Options = .init()
  ) throws -> (PostgresPipeline, PostgresConnection) {
    let url = try server.url(database: server.makeDatabase())
    let connection = try PostgresConnection(conninfo: url)
    try connection.execute("CREATE TABLE t(a bigint PRIMARY KEY CHECK (a >= 0), b text)")
    return (try PostgresPipeline(conninfo: url, options: options), connection)
  }

  @Test("generated values of every type come back as they went in, arrays too")
  func roundTrip() throws {
    var generator = SeededGenerator.forTest()
    let (pipeline, _) = try make(.shared())
    let values = PostgresStatement(
      "values", "SELECT $1, $2, $3, $4", [.int64, .bool, .text, .bytes])
    let unnest = PostgresStatement(
      "unnest", "SELECT * FROM unnest($1, $2, $3)", [.int64Array, .textArray, .boolArray])
    let any = PostgresStatement(
      "any", "SELECT x FROM unnest($1) AS x WHERE x = ANY($2) ORDER BY 1",
      [.int64Array, .int64Array])
    var outstanding = 0
    func maybe<Value>(_ value: Value) -> Value? {
      Int.random(in: 0...4, using: &generator) == 0 ? nil : value
    }
    for _ in 0..<200 {
      let integer = maybe(Int64.random(in: .min ... .max, using: &generator))
      let flag = maybe(Bool.random(using: &generator))
      let text = maybe(awkwardText(&generator))
      let bytes = maybe(generator.bytes(Int.random(in: 0...9, using: &generator)))
      outstanding += 1
      pipeline.send(
        values,
        [
          integer.map { .int64($0) } ?? .null, flag.map { .bool($0) } ?? .null,
          text.map { .text($0) } ?? .null, bytes.map { .bytes($0) } ?? .null,
        ]
      ) { result in
        outstanding -= 1
        guard case .success(let rows) = result else {
          Issue.record("\(result)")
          return
        }
        #expect(rows.count == 1 && rows.columnCount == 4)
        #expect(rows.int64(0, 0) == integer && rows.bool(0, 1) == flag)
        #expect(rows.text(0, 2).map { Array($0.utf8) } == text.map { Array($0.utf8) })
        #expect(rows.bytes(0, 3) == bytes && rows.isNull(0, 3) == (bytes == nil))
        let length = rows.withBytes(0, 2) { $0.count }
        #expect(length == text?.utf8.count)
        // Outside of the table, and of another type.
        #expect(rows.int64(1, 0) == nil && rows.int64(0, 4) == nil && rows.int64(-1, 0) == nil)
        #expect(rows.int64(0, 2) == nil && rows.bool(0, 0) == nil && rows.text(0, 0) == nil)
      }
      pipeline.sync()
      let count = Int.random(in: 0...5, using: &generator)
      let integers = (0..<count).map { _ in maybe(Int64.random(in: -3...3, using: &generator)) }
      let texts = (0..<count).map { _ in maybe(awkwardText(&generator)) }
      let flags = (0..<count).map { _ in maybe(Bool.random(using: &generator)) }
      outstanding += 2
      pipeline.send(unnest, [.int64Array(integers), .textArray(texts), .boolArray(flags)]) {
        result in
        outstanding -= 1
        guard case .success(let rows) = result else {
          Issue.record("\(result)")
          return
        }
        #expect((0..<rows.count).map { rows.int64($0, 0) } == integers)
        #expect((0..<rows.count).map { rows.text($0, 1) } == texts)
        #expect((0..<rows.count).map { rows.bool($0, 2) } == flags)
      }
      pipeline.send(any, [.int64Array(integers), .int64Array([-1, 0, nil, 2])]) { result in
        outstanding -= 1
        let expected = integers.compactMap { $0 }.filter { [-1, 0, 2].contains($0) }.sorted()
        let found = try? result.get()
        #expect(found.map { rows in (0..<rows.count).map { rows.int64($0, 0) } } == expected)
      }
      pipeline.sync()
    }
    #expect(drive(pipeline) { outstanding == 0 || pipeline.descriptor < 0 })
    #expect(outstanding == 0 && pipeline.outstandingCount == 0)
  }

  @Test("a group is done whole or not at all, and its neighbours do not notice")
  func groups() throws {
    var generator = SeededGenerator.forTest()
    let (pipeline, connection) = try make(.shared())
    let ledger = Ledger()
    var number = 0
    var expected: [Int: Bool] = [:]
    for _ in 0..<300 {
      let count = Int.random(in: 1...4, using: &generator)
      let failing =
        Bool.random(using: &generator) ? Int.random(in: 0..<count, using: &generator) : nil
      for index in 0..<count {
        // A negative number is against the table's constraint.
        let value = Int64(index == failing ? -1 : number)
        pipeline.send(
          insert, [.int64(value), .text("🦁 '\(number)'")], completion: ledger.completion(number))
        expected[number] = failing == nil
        number += 1
      }
      pipeline.sync()
    }
    #expect(pipeline.outstandingCount == number)
    #expect(drive(pipeline) { pipeline.outstandingCount == 0 })
    #expect(ledger.allOnce && ledger.order == Array(0..<number))
    for (number, succeeds) in expected {
      if succeeds {
        #expect(ledger.error(number) == nil)
      } else {
        #expect(ledger.error(number)?.kind == .constraint)
      }
    }
    let kept = try connection.query("SELECT a FROM t ORDER BY a").map { $0[0] }
    #expect(kept == expected.filter(\.value).keys.sorted().map { "\($0)" })
  }

  @Test("what fails at the commit has not succeeded before")
  func failingCommit() throws {
    let (pipeline, connection) = try make(.shared())
    try connection.execute(
      "CREATE TABLE c(a bigint REFERENCES t DEFERRABLE INITIALLY DEFERRED)")
    let child = PostgresStatement("child", "INSERT INTO c VALUES ($1)", [.int64])
    let ledger = Ledger()
    pipeline.send(child, [.int64(1)], completion: ledger.completion(0))
    pipeline.sync()
    pipeline.send(child, [.int64(2)], completion: ledger.completion(1))
    pipeline.send(insert, [.int64(2), .null], completion: ledger.completion(2))
    pipeline.sync()
    #expect(drive(pipeline) { pipeline.outstandingCount == 0 })
    #expect(ledger.error(0)?.kind == .constraint)
    #expect(ledger.error(1) == nil && ledger.error(2) == nil && ledger.order == [0, 1, 2])
    #expect(try connection.query("TABLE c") == [["2"]])
  }

  @Test("a statement that cannot be prepared fails with the reason, and is tried again later")
  func preparing() throws {
    let (pipeline, connection) = try make(.shared())
    let later = PostgresStatement("later", "SELECT * FROM later", [])
    let ledger = Ledger()
    for number in 0..<3 {
      pipeline.send(later, completion: ledger.completion(number))
      pipeline.sync()
    }
    pipeline.send(echo, [.text("ü")], completion: ledger.completion(3))
    pipeline.sync()
    #expect(drive(pipeline) { pipeline.outstandingCount == 0 })
    for number in 0..<3 {
      expectSentence(ledger.error(number), .statement, "later")
      #expect(ledger.error(number)?.code == "42P01")
    }
    #expect(try ledger[3]?.get().text(0, 0) == "ü!")
    try connection.execute("CREATE TABLE later(a int); INSERT INTO later VALUES (7)")
    pipeline.send(later, completion: ledger.completion(4))
    pipeline.sync()
    #expect(drive(pipeline) { pipeline.outstandingCount == 0 })
    #expect(try ledger[4]?.get().int64(0, 0) == 7)
    // The plan's result changes: the next use fails, and the one after it is prepared anew.
    try connection.execute("ALTER TABLE later ADD b text DEFAULT 'neu'")
    for number in 5...6 {
      pipeline.send(later, completion: ledger.completion(number))
      pipeline.sync()
      #expect(drive(pipeline) { pipeline.outstandingCount == 0 })
    }
    #expect(ledger.error(5)?.code == "0A000")
    #expect(try ledger[6]?.get().text(0, 1) == "neu")
  }

  @Test("what cannot be sent is refused, and the rest of its group goes on")
  func refusals() throws {
    let (pipeline, _) = try make(.shared())
    let ledger = Ledger()
    pipeline.send(echo, [.text("a\0b")], completion: ledger.completion(0))
    pipeline.send(echo, [.int64(1)], completion: ledger.completion(1))
    pipeline.send(echo, [], completion: ledger.completion(2))
    let texts = PostgresStatement("texts", "SELECT $1", [.textArray])
    pipeline.send(texts, [.textArray(["a", "b\0"])], completion: ledger.completion(3))
    #expect(ledger.order == [0, 1, 2, 3])
    pipeline.send(echo, [.text("")], completion: ledger.completion(4))
    pipeline.sync()
    #expect(drive(pipeline) { pipeline.outstandingCount == 0 })
    for number in 0...3 { expectSentence(ledger.error(number), .statement) }
    #expect(
      ledger.error(0)?.message.contains("NUL") == true
        && ledger.error(3)?.message.contains("NUL") == true)
    #expect(try ledger[4]?.get().text(0, 0) == "!")
  }

  @Test("a slow statement is ended by the server, the next one runs")
  func statementTimeout() throws {
    var options = PostgresPipeline.Options()
    options.statementTimeoutMilliseconds = 50
    options.graceMilliseconds = 60_000
    let (pipeline, _) = try make(.shared(), options)
    let ledger = Ledger()
    pipeline.send(sleep, [.int64(600_000)], completion: ledger.completion(0))
    pipeline.sync()
    pipeline.send(sleep, [.int64(0)], completion: ledger.completion(1))
    pipeline.sync()
    #expect(drive(pipeline) { pipeline.outstandingCount == 0 })
    expectSentence(ledger.error(0), .busy, "timeout")
    #expect(ledger.error(1) == nil && pipeline.state == .ready)
  }

  @Test("a server that falls silent is given up, each request is told once")
  func silence() throws {
    let server = try PostgresServer()
    var options = PostgresPipeline.Options()
    options.statementTimeoutMilliseconds = 100
    options.graceMilliseconds = 200
    let (pipeline, connection) = try make(server, options)
    let ledger = Ledger()
    #expect(drive(pipeline) { pipeline.state == .ready })
    let processes = try connection.query(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'lynx' AND pid <> pg_backend_pid()"
    )
    let process = try #require(processes.first?.first.flatMap { $0 }.flatMap { Int32($0) })
    Glibc.kill(process, SIGSTOP)
    defer { Glibc.kill(process, SIGCONT) }
    for number in 0..<5 {
      pipeline.send(sleep, [.int64(0)], completion: ledger.completion(number))
      pipeline.sync()
    }
    #expect(drive(pipeline) { pipeline.outstandingCount == 0 })
    #expect(ledger.allOnce && ledger.order == Array(0..<5) && pipeline.descriptor == -1)
    for number in 0..<5 { expectSentence(ledger.error(number), .connectionLost, "in time") }
  }

  @Test("killed in the middle: each request is told once, and what succeeded is there afterwards")
  func killed() throws {
    let server = try PostgresServer()
    let (pipeline, connection) = try make(server)
    let database = connection.databaseName
    let ledger = Ledger()
    let total = 3_000
    for number in 0..<total {
      pipeline.send(insert, [.int64(Int64(number)), .null], completion: ledger.completion(number))
      pipeline.sync()
      if number % 100 == 0 { pipeline.process(readable: true, writable: false) }
    }
    #expect(drive(pipeline) { ledger.order.count >= 200 })
    try server.kill()
    #expect(drive(pipeline) { ledger.order.count >= total })
    #expect(ledger.allOnce && ledger.order == Array(0..<total))
    guard case .closed(let error) = pipeline.state else {
      Issue.record("the pipeline is \(pipeline.state)")
      return
    }
    expectSentence(error, .connectionLost, "127.0.0.1:\(server.port)")
    let acknowledged = (0..<total).filter { ledger.error($0) == nil }
    for number in 0..<total where ledger.error(number) != nil {
      #expect(ledger.error(number)?.kind == .connectionLost)
    }
    try server.start()
    let there = try PostgresConnection(conninfo: server.url(database: database))
      .query("SELECT a FROM t").compactMap { $0[0].flatMap { Int($0) } }
    #expect(Set(there).isSuperset(of: acknowledged))
    // Afterwards it says so at once.
    pipeline.send(echo, [.text("x")], completion: ledger.completion(total))
    #expect(ledger.error(total) != nil)
  }

  @Test("closing tells everybody once, also from within a completion and without a connection")
  func closing() throws {
    let (pipeline, _) = try make(.shared())
    let ledger = Ledger()
    for number in 0..<10 {
      pipeline.send(echo, [.text("\(number)")]) { [weak pipeline] result in
        ledger.completion(number)(result)
        if number == 4 { pipeline?.close() }
      }
      // The last three are in a group that is never sent.
      if number < 7 { pipeline.sync() }
    }
    #expect(drive(pipeline) { ledger.order.count == 10 })
    #expect(ledger.order == Array(0..<10) && ledger.allOnce)
    for number in 0..<10 {
      #expect(ledger.error(number)?.kind == (number <= 4 ? nil : .connectionLost))
    }

    let refused = try PostgresPipeline(
      conninfo: "postgresql://u:S3cret@127.0.0.1:\(PostgresServer.freePort())/x")
    let other = Ledger()
    for number in 0..<3 {
      refused.send(echo, [.text("")], completion: other.completion(number))
      if number < 2 { refused.sync() }
    }
    #expect(drive(refused) { other.order.count == 3 })
    for number in 0..<3 {
      expectSentence(other.error(number), .unreachable, "127.0.0.1")
      #expect(other.error(number)?.message.contains("S3cret") == false)
    }
    do {
      let dropped = try PostgresPipeline(conninfo: PostgresServer.shared().url())
      dropped.send(echo, [.text("")], completion: other.completion(3))
    }
    #expect(other.error(3)?.kind == .connectionLost && other.allOnce)
  }
}
