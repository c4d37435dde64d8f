import Databases
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite("PostgreSQL: many requests under way on one connection")
struct PostgresPipelineTests {
  @Test("generated values of every type come back as they went in, arrays too")
  func roundTrip() throws {
    var generator = SeededGenerator.forTest()
    let (pipeline, _) = try Pipelines.make(.shared())
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
    let (pipeline, connection) = try Pipelines.make(.shared())
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
          Pipelines.insert, [.int64(value), .text("🦁 '\(number)'")],
          completion: ledger.completion(number))
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
    let (pipeline, connection) = try Pipelines.make(.shared())
    try connection.execute(
      "CREATE TABLE c(a bigint REFERENCES t DEFERRABLE INITIALLY DEFERRED)")
    let child = PostgresStatement("child", "INSERT INTO c VALUES ($1)", [.int64])
    let ledger = Ledger()
    pipeline.send(child, [.int64(1)], completion: ledger.completion(0))
    pipeline.sync()
    pipeline.send(child, [.int64(2)], completion: ledger.completion(1))
    pipeline.send(Pipelines.insert, [.int64(2), .null], completion: ledger.completion(2))
    pipeline.sync()
    #expect(drive(pipeline) { pipeline.outstandingCount == 0 })
    #expect(ledger.error(0)?.kind == .constraint)
    #expect(ledger.error(1) == nil && ledger.error(2) == nil && ledger.order == [0, 1, 2])
    #expect(try connection.query("TABLE c") == [["2"]])
  }

  @Test("a statement that cannot be prepared fails with the reason, and is tried again later")
  func preparing() throws {
    let (pipeline, connection) = try Pipelines.make(.shared())
    let later = PostgresStatement("later", "SELECT * FROM later", [])
    let ledger = Ledger()
    for number in 0..<3 {
      pipeline.send(later, completion: ledger.completion(number))
      pipeline.sync()
    }
    pipeline.send(Pipelines.echo, [.text("ü")], completion: ledger.completion(3))
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
    let (pipeline, _) = try Pipelines.make(.shared())
    let ledger = Ledger()
    pipeline.send(Pipelines.echo, [.text("a\0b")], completion: ledger.completion(0))
    pipeline.send(Pipelines.echo, [.int64(1)], completion: ledger.completion(1))
    pipeline.send(Pipelines.echo, [], completion: ledger.completion(2))
    let texts = PostgresStatement("texts", "SELECT $1", [.textArray])
    pipeline.send(texts, [.textArray(["a", "b\0"])], completion: ledger.completion(3))
    #expect(ledger.order == [0, 1, 2, 3])
    pipeline.send(Pipelines.echo, [.text("")], completion: ledger.completion(4))
    pipeline.sync()
    #expect(drive(pipeline) { pipeline.outstandingCount == 0 })
    for number in 0...3 { expectSentence(ledger.error(number), .statement) }
    #expect(
      ledger.error(0)?.message.contains("NUL") == true
        && ledger.error(3)?.message.contains("NUL") == true)
    #expect(try ledger[4]?.get().text(0, 0) == "!")
  }

  @Test("large values both ways at once, more than any buffer between the two holds")
  func largeValues() throws {
    let (pipeline, _) = try Pipelines.make(.shared())
    let text = String(repeating: "🦁", count: 100_000)
    var wrong = 0
    for number in 0..<100 {
      pipeline.send(Pipelines.echo, [.text("\(number)" + text)]) { result in
        let count = (try? result.get())?.withBytes(0, 0) { $0.count }
        if count != "\(number)!".utf8.count + text.utf8.count { wrong += 1 }
      }
      pipeline.sync()
    }
    #expect(pipeline.outstandingCount == 100)
    #expect(drive(pipeline) { pipeline.outstandingCount == 0 })
    #expect(wrong == 0 && pipeline.state == .ready)
  }

  /// Compiling a plan takes a quarter of a second, for the first key and for each list without an index.
  @Test("no plan is compiled to machine code, however costly the server takes it for")
  func notCompiled() throws {
    let (pipeline, connection) = try Pipelines.make(.shared())
    let sql = "EXPLAIN (ANALYZE, FORMAT JSON) SELECT b FROM t WHERE b = 'x'"
    let explain = PostgresStatement("explain", sql)
    let ledger = Ledger()
    pipeline.send(explain, [], completion: ledger.completion(0))
    pipeline.sync()
    #expect(drive(pipeline) { ledger[0] != nil })
    let plan = try ledger[0]?.get().text(0, 0) ?? ""
    #expect(plan.contains("Seq Scan") && !plan.contains("JIT"), "\(plan)")
    // The same where the server is left its way, or the test would prove nothing.
    try connection.execute("SET enable_seqscan = off; SET jit = on")
    let compiled = try connection.query(sql).first?.first ?? nil
    #expect(compiled?.contains("JIT") == true, "\(compiled ?? "")")
  }
}
