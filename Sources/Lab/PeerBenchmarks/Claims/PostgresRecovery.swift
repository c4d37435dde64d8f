import Glibc
import LinkStores
import Links
import LinuxSystem
import Synchronization
import Terminal

/// How soon work goes on when PostgreSQL is back.
struct PostgresRecovery: Claim {
  let name = "postgres-recovery"
  let summary = "first create and lookup after PostgreSQL is back, beside a psql loop (5 s a round)"
  let tools = [Tool.psql]
  private let outstanding = 16

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let database = try BenchDatabase()
    try database.copy("recovery")
    let load = try RecoveryLoad(database.conninfo("recovery"), outstanding: outstanding)
    defer { load.end() }
    var creation = Series("lynx: first create acknowledged", .seconds)
    var lookup = Series("lynx: first lookup answered", .seconds)
    var peer = Series("psql loop: first insert committed", .seconds)
    for round in 0..<bench.arguments.pairs {
      bench.say("\(name): round \(round + 1) of \(bench.arguments.pairs)")
      try load.waitUntilWorking(bench)
      if round % 2 == 0 { try database.kill() } else { try database.stop() }
      let process = try RunningProcess(loop(database.url("recovery"), "psql-\(round)"))
      // Long enough for pauses to be at their longest, and at no fixed phase of them.
      usleep(.random(in: 1_500_000...2_500_000))
      load.forget()
      let ready = try database.startNoticingReadiness()
      guard let end = try bench.finish(process, within: 60) else {
        throw bench.failure(of: ["psql"], "did not get through")
      }
      try load.waitUntilWorking(bench)
      func seconds(_ moment: UInt64) -> Double {
        moment > ready ? Double(moment - ready) / 1e9 : 0
      }
      creation.set(seconds(load.firstCreation), pair: round)
      lookup.set(seconds(load.firstLookup), pair: round)
      peer.set(seconds(end.endNanoseconds), pair: round)
    }
    let acknowledged = load.end()
    let there = try database.count("recovery") - BenchDatabase.linkCount
    guard there >= acknowledged else {
      throw CommandError(.failed, "\(acknowledged) links were acknowledged, \(there) are there")
    }
    var report = ClaimReport(name)
    report.commands = [loop("postgresql:///recovery", "CODE")]
    report.series = [creation, lookup, peer]
    report.ratios = [Ratio(creation, by: peer)]
    let slowest = max(creation.distribution.maximum, lookup.distribution.maximum)
    report.requirements = [
      Requirement("first create within a second", creation.distribution, .atMost(1)),
      Requirement("first lookup within a second", lookup.distribution, .atMost(1)),
      Requirement("the slowest of them within a second", slowest <= 1 ? .holds : .missed),
    ]
    report.notes = [
      "the server is killed with SIGKILL and stopped (fast) in turn, under \(outstanding) creates "
        + "and lookups at a time, and started 1.5 to 2.5 s later",
      "time begins when a StartupMessage, tried every 2 ms, is first answered with R: "
        + "authentication; psql's includes its start and end",
      "every acknowledged link was there at the end",
    ]
    return report
  }

  /// Tries to insert a link every 100 ms, until it can.
  private func loop(_ url: String, _ code: String) -> [String] {
    let insert = """
      INSERT INTO urls (short_code, original_url, created_at) \
      VALUES ('\(code)', 'https://example.com/', 1800000000) ON CONFLICT DO NOTHING
      """
    return [
      "sh", "-c", "until psql -Xqd \"$1\" -c \"$2\"; do sleep 0.1; done", "sh", url, insert,
    ]
  }
}

/// Creates links and looks them up, whatever comes, until it is ended.
private final class RecoveryLoad: Sendable {
  private struct Moments {
    var creation: UInt64?
    var lookup: UInt64?
    var acknowledged = 0
  }

  private let moments = Mutex(Moments())
  private let store: PostgresLinkStore
  private let tasks: Mutex<[Task<Void, Never>]>

  init(_ conninfo: String, outstanding: Int) throws(CommandError) {
    do {
      store = try PostgresLinkStore(conninfo: conninfo)
    } catch {
      throw CommandError(.failed, "\(error)")
    }
    tasks = Mutex([])
    for worker in 0..<outstanding {
      let task = Task { [self] in
        var number = 0
        while !Task.isCancelled {
          number += 1
          do { try await step("load-\(worker)-\(number)") } catch { await Task.yield() }
        }
      }
      tasks.withLock { $0.append(task) }
    }
  }

  private func step(_ code: String) async throws {
    _ = try await store.create(
      NewLink(
        code: ShortCode(custom: code), destination: Destination("https://example.com/\(code)"),
        createdBy: "bench"))
    let created = Clock.monotonicNanoseconds
    moments.withLock {
      $0.creation = $0.creation ?? created
      $0.acknowledged += 1
    }
    guard try await store.targets(of: [code])[0] != nil else { throw LinkError.notFound(code) }
    let found = Clock.monotonicNanoseconds
    moments.withLock { $0.lookup = $0.lookup ?? found }
  }

  /// From now on the next successes are the first.
  func forget() { moments.withLock { ($0.creation, $0.lookup) = (nil, nil) } }

  var firstCreation: UInt64 { moments.withLock { $0.creation ?? 0 } }
  var firstLookup: UInt64 { moments.withLock { $0.lookup ?? 0 } }

  func waitUntilWorking(_ bench: Bench) throws(CommandError) {
    for _ in 0..<6_000 {
      if moments.withLock({ $0.creation != nil && $0.lookup != nil }) { return }
      try bench.interrupts.check()
      usleep(10_000)
    }
    throw CommandError(.failed, "no link was created within a minute")
  }

  /// How many links were acknowledged.
  @discardableResult
  func end() -> Int {
    let tasks = tasks.withLock { tasks in
      defer { tasks = [] }
      return tasks
    }
    for task in tasks { task.cancel() }
    let store = store
    try? waitFor {
      for task in tasks { await task.value }
      await store.close()
    }
    return moments.withLock { $0.acknowledged }
  }
}
