import Databases
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite("PostgreSQL: how requests under way end when things go wrong")
struct PipelineEndingTests {
  @Test("a slow statement is ended by the server, the next one runs")
  func statementTimeout() throws {
    var options = Pipelines.patient
    options.statementTimeoutMilliseconds = 1_000
    options.graceMilliseconds = 60_000
    let (pipeline, _) = try Pipelines.make(.shared(), options)
    let ledger = Ledger()
    pipeline.send(Pipelines.sleep, [.int64(600_000)], completion: ledger.completion(0))
    pipeline.sync()
    pipeline.send(Pipelines.sleep, [.int64(0)], completion: ledger.completion(1))
    pipeline.sync()
    #expect(drive(pipeline) { pipeline.outstandingCount == 0 })
    expectSentence(ledger.error(0), .busy, "timeout")
    #expect(ledger.error(1) == nil && pipeline.state == .ready)
  }

  @Test("a server that falls silent is given up, each request is told once")
  func silence() throws {
    let server = try PostgresServer()
    var options = Pipelines.patient
    options.statementTimeoutMilliseconds = 1_000
    options.graceMilliseconds = 2_000
    let (pipeline, connection) = try Pipelines.make(server, options)
    let ledger = Ledger()
    #expect(drive(pipeline) { pipeline.state == .ready })
    let processes = try connection.query(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'lynx' AND pid <> pg_backend_pid()"
    )
    let process = try #require(processes.first?.first.flatMap { $0 }.flatMap { Int32($0) })
    Glibc.kill(process, SIGSTOP)
    defer { Glibc.kill(process, SIGCONT) }
    for number in 0..<5 {
      pipeline.send(Pipelines.sleep, [.int64(0)], completion: ledger.completion(number))
      pipeline.sync()
    }
    #expect(drive(pipeline) { pipeline.outstandingCount == 0 })
    #expect(ledger.allOnce && ledger.order == Array(0..<5) && pipeline.descriptor == -1)
    for number in 0..<5 { expectSentence(ledger.error(number), .connectionLost, "in time") }
  }

  @Test("who accepts and says nothing is given up in time, and is said to be unreachable")
  func silentConnecting() throws {
    let silent = try SilentPort()
    var options = PostgresPipeline.Options()
    options.connectTimeoutMilliseconds = 200
    let pipeline = try PostgresPipeline(
      conninfo: "postgresql://u:S3cret@127.0.0.1:\(silent.number)/x", options: options)
    let ledger = Ledger()
    pipeline.send(Pipelines.echo, [.text("")], completion: ledger.completion(0))
    pipeline.sync()
    #expect(drive(pipeline) { pipeline.outstandingCount == 0 })
    expectSentence(ledger.error(0), .unreachable, "127.0.0.1:\(silent.number)", "200 ms")
  }

  @Test("killed in the middle: each request is told once, and what succeeded is there afterwards")
  func killed() throws {
    let server = try PostgresServer()
    let (pipeline, connection) = try Pipelines.make(server)
    let database = connection.databaseName
    let ledger = Ledger()
    let total = 3_000
    for number in 0..<total {
      pipeline.send(
        Pipelines.insert, [.int64(Int64(number)), .null], completion: ledger.completion(number))
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
    pipeline.send(Pipelines.echo, [.text("x")], completion: ledger.completion(total))
    #expect(ledger.error(total) != nil)
  }

  @Test("closing tells everybody once, also from within a completion and without a connection")
  func closing() throws {
    let (pipeline, _) = try Pipelines.make(.shared())
    let ledger = Ledger()
    for number in 0..<10 {
      pipeline.send(Pipelines.echo, [.text("\(number)")]) { [weak pipeline] result in
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
      refused.send(Pipelines.echo, [.text("")], completion: other.completion(number))
      if number < 2 { refused.sync() }
    }
    #expect(drive(refused) { other.order.count == 3 })
    for number in 0..<3 {
      expectSentence(other.error(number), .unreachable, "127.0.0.1")
      #expect(other.error(number)?.message.contains("S3cret") == false)
    }
    do {
      let dropped = try PostgresPipeline(conninfo: PostgresServer.shared().url())
      dropped.send(Pipelines.echo, [.text("")], completion: other.completion(3))
    }
    #expect(other.error(3)?.kind == .connectionLost && other.allOnce)
  }
}
