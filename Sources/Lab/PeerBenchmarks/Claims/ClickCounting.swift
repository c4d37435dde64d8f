import Databases
import Glibc
import LinkStores
import LinuxSystem
import Migrations
import Synchronization
import Terminal
import TestSupport

/// What counting a click costs the event loop.
struct ClickCounting: Claim {
  let name = "click-counting"
  let summary = "a click counted in the journal, beside a counter a link in memory (8 s a pair)"
  let tools: [Tool] = []
  private let links = 100_000
  /// A million clicks a second: what no web server reaches on a loop, but the draining thread does.
  private let burst = 20_000
  private let pauseMicroseconds: UInt32 = 20_000

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let seconds = bench.arguments.seconds ?? 2
    let draws = drawnLinks()
    var journal = Series("lynx: a click", .nanoseconds)
    var flatOut = Series("lynx: a click, without a pause", .nanoseconds)
    var atomics = Series("atomic counter a link: a click", .nanoseconds)
    var dictionary = Series("mutex and dictionary: a click", .nanoseconds)
    try bench.alternate(
      name, pairs: bench.arguments.pairs,
      [
        (
          "lynx",
          { pair throws(CommandError) in
            let cost = try countInJournal(bench, draws, seconds, pauseMicroseconds)
            journal.set(cost, pair: pair)
          }
        ),
        (
          "atomics",
          { pair throws(CommandError) in
            let counters = AtomicCounters(links)
            atomics.set(bursts(draws, seconds) { counters.count($0) }, pair: pair)
          }
        ),
        (
          "dictionary",
          { pair throws(CommandError) in
            let counters = LockedCounters()
            dictionary.set(bursts(draws, seconds) { counters.count($0) }, pair: pair)
          }
        ),
        (
          "lynx without a pause",
          { pair throws(CommandError) in
            flatOut.set(try countInJournal(bench, draws, seconds, 0), pair: pair)
          }
        ),
      ])
    var report = ClaimReport(name)
    report.series = [journal, atomics, dictionary, flatOut]
    report.ratios = [Ratio(journal, by: atomics), Ratio(journal, by: dictionary)]
    report.requirements = [
      Requirement("a click counted in at most 20 ns", journal.distribution, .atMost(20))
    ]
    report.notes = [
      "links drawn by Zipf (s = 1) from 100 000, drawn beforehand; bursts of \(burst) clicks with "
        + "\(pauseMicroseconds / 1000) ms between them, the time of the bursts alone",
      "beside lynx its journal is drained every 100 ms and flushed to SQLite every second; the peers' "
        + "counts are in memory alone and end with the process",
      "without a pause more is counted than is drained: the loop does the draining itself",
    ]
    return report
  }

  private func drawnLinks() -> [Int64] {
    var random = SeededGenerator(seed: 20)
    let zipf = Zipf(over: links)
    return (0..<1 << 20).map { _ in Int64(zipf.draw(using: &random) + 1) }
  }

  /// Nanoseconds a click, of the bursts alone.
  private func bursts(
    _ draws: [Int64], _ seconds: Int, pause: UInt32? = nil, _ count: (Int64) -> Void
  ) -> Double {
    let pause = pause ?? pauseMicroseconds
    let end = Clock.monotonicNanoseconds + UInt64(seconds) * 1_000_000_000
    var (spent, clicks, place) = (UInt64(0), 0, 0)
    while Clock.monotonicNanoseconds < end {
      let upTo = min(draws.count, place + burst)
      let start = Clock.monotonicNanoseconds
      for index in place..<upTo { count(draws[index]) }
      spent += Clock.monotonicNanoseconds - start
      clicks += upTo - place
      place = upTo == draws.count ? 0 : upTo
      if pause > 0 { usleep(pause) }
    }
    return Double(spent) / Double(max(1, clicks))
  }

  private func countInJournal(
    _ bench: Bench, _ draws: [Int64], _ seconds: Int, _ pause: UInt32
  ) throws(CommandError) -> Double {
    do {
      let path = bench.scratch("clicks.db")
      let database = try DatabaseURL("sqlite://\(path)")
      _ = try Migrator(database: database, origin: .embedded(.sqlite)).up()
      try fill(path)
      defer { for end in ["", "-wal", "-shm"] { unlink(path + end) } }
      let store = try SQLiteLinkStore(path: path)
      let directory = bench.scratch("clicks")
      defer { rmdir(directory) }
      var options = ClickJournal.Options()
      options.flushInterval = .seconds(1)
      let chosen = options
      let journal = try waitFor {
        try await ClickJournal(directory: directory, loops: 1, store: store, options: chosen)
      }
      let counter = journal.counter(forLoop: 0)
      let cost = bursts(draws, seconds, pause: pause) { counter.count($0) }
      try waitFor {
        try await journal.close()
        await store.close()
      }
      return cost
    } catch {
      throw CommandError(.failed, "clicks could not be counted: \(error)")
    }
  }

  private func fill(_ path: String) throws {
    let connection = try SQLiteConnection(path: path, options: .init(access: .readWrite))
    try connection.execute(
      """
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < \(links))
      INSERT INTO urls (short_code, original_url, created_at, updated_at)
      SELECT 'code-' || n, 'https://example.com/articles/' || n, 1700000000, 1700000000 FROM numbers
      """)
  }
}

/// A counter a link, in an array that all threads share.
private final class AtomicCounters: @unchecked Sendable {
  // Allocated once, given back at the end; every access is an atomic one within it.
  private let counters: UnsafeMutablePointer<Atomic<Int64>>
  private let last: Int

  init(_ links: Int) {
    last = links
    counters = .allocate(capacity: links + 1)
    for link in 0...links { (counters + link).initialize(to: Atomic(0)) }
  }

  deinit { counters.deallocate() }

  func count(_ link: Int64) {
    guard let link = Int(exactly: link), (0...last).contains(link) else { return }
    counters[link].add(1, ordering: .relaxed)
  }
}

/// A dictionary behind a lock.
private final class LockedCounters: Sendable {
  private let counters = Mutex<[Int64: Int64]>([:])

  func count(_ link: Int64) { counters.withLock { $0[link, default: 0] += 1 } }
}
