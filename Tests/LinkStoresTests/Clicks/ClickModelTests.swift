import Foundation
import Links
import TestSupport
import Testing

@testable import LinkStores

/// A directory, gone with its owner.
final class ScratchDirectory: Sendable {
  let path = NSTemporaryDirectory() + "lynx-clicks-" + UUID().uuidString

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var files: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }
}

@Suite("Every click is counted once, whatever comes in between")
struct ClickModelTests {
  struct Journal {
    let core: JournalCore
    let flusher: ClickFlusher
    let counters: [ClickCounter]

    init(_ geometry: JournalGeometry, _ directory: String, _ ledger: ClickLedger) async throws {
      let database = try #require(JournalID(ledger.identity))
      var random = SystemRandomNumberGenerator()
      let recovery = JournalRecovery(
        directory: directory, database: database, store: ledger, report: { _ in })
      await recovery.run()
      let core = try JournalCore(
        directory: directory,
        header: JournalHeader(
          geometry: geometry, id: JournalID(using: &random), database: database,
          key: random.next()), memoryLinks: 1_000)
      self.core = core
      flusher = ClickFlusher(core, ledger, recovery)
      counters = core.rings.map { ClickCounter(ring: $0, core: core) }
    }
  }

  @Test("Random operations, crashes and a database that comes and goes", arguments: 0..<20)
  func model(round: Int) async throws {
    var random = SeededGenerator.forTest("model \(round)")
    let directory = try ScratchDirectory()
    let ledger = ClickLedger()
    let geometry = try #require(
      JournalGeometry(
        rings: .random(in: 1...3, using: &random), slots: 64,
        capacity: .random(in: 16...40, using: &random), chunk: .random(in: 1...20, using: &random)))
    // Never more links than an area has room for: then nothing may be lost.
    let links = (0..<geometry.capacity).map { _ in Int64.random(in: .min ... .max, using: &random) }
    var truth: [Int64: Int64] = [:]
    var journal = try await Journal(geometry, directory.path, ledger)
    for step in 0..<400 {
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<60:
        guard let counter = journal.counters.randomElement(using: &random) else { break }
        let favourite = links.randomElement(using: &random) ?? 0
        for _ in 0..<Int.random(in: 0...100, using: &random) {
          let link = Bool.random(using: &random) ? favourite : links.randomElement(using: &random)
          counter.count(link ?? 0)
          truth[link ?? 0, default: 0] += 1
        }
      case 60..<70:
        _ = journal.core.with { $0.drain() }
      case 70..<78:
        _ = journal.core.with { $0.drainAndMakeRoom() }
      case 78..<84:
        let weather = ClickLedger.Weather.allCases.randomElement(using: &random) ?? .fine
        ledger.state.withLock { $0.weather = weather }
      case 84..<92:
        try? await journal.flusher.flush()
      case 92..<96:
        // A crash, whether or not the next process finds the database.
        journal.core.abandon()
        journal = try await Journal(geometry, directory.path, ledger)
      default:
        // What the API adds up.
        _ = journal.core.with { $0.drain() }
        let isKnown = (journal.core.with { $0.onItsWay?.isUncertain ?? false }) == false
        guard isKnown, try directory.files.count == 1 else { break }
        for link in links {
          let pending = journal.core.with { $0.pending(of: link) } ?? 0
          #expect(ledger.clicks[link, default: 0] + pending == truth[link, default: 0], "\(step)")
        }
      }
    }
    ledger.state.withLock { $0.weather = .fine }
    try await journal.flusher.flush()
    try await journal.flusher.flush()
    await journal.flusher.recovery.run()
    #expect(ledger.clicks == truth)
    #expect(ledger.state.withLock { $0.broken }.isEmpty)
    #expect(journal.flusher.recovery.notices.filter { !$0.contains("tried again") }.isEmpty)
    #expect(try journal.core.close() == 0)
    #expect(try directory.files.isEmpty)
  }

  @Test("More links than the file has room for are counted in memory, within bounds")
  func overflow() async throws {
    let directory = try ScratchDirectory()
    let ledger = ClickLedger()
    let geometry = try #require(JournalGeometry(rings: 1, slots: 64, capacity: 16, chunk: 7))
    let journal = try await Journal(geometry, directory.path, ledger)
    ledger.state.withLock { $0.weather = .away }
    try? await journal.flusher.flush()
    var truth: [Int64: Int64] = [:]
    for click in 0..<3_000 {
      let link = Int64(click % 900)
      journal.counters[0].count(link)
      truth[link, default: 0] += 1
    }
    _ = journal.core.with { $0.drainAndMakeRoom() }
    #expect(journal.core.with { $0.isOverflowing } == true)
    #expect(journal.core.with { $0.pendingClicks } == 3_000)
    ledger.state.withLock { $0.weather = .fine }
    while journal.core.with({ $0.pendingClicks }) != 0 { try await journal.flusher.flush() }
    #expect(ledger.clicks == truth)
    #expect(journal.core.with { $0.isOverflowing } == false)

    // Past what memory may hold, further links are dropped and told; others are still counted.
    ledger.state.withLock { $0.weather = .away }
    for link in 0..<1_500 { journal.counters[0].count(Int64(link)) }
    for _ in 0..<100 { journal.counters[0].count(0) }
    _ = journal.core.with { $0.drain() }
    #expect(journal.core.with { $0.pending(of: 0) } == 101)
    #expect(journal.core.with { $0.dropped } == 500)
    ledger.state.withLock { $0.weather = .fine }
    while journal.core.with({ $0.pendingClicks }) != 0 { try await journal.flusher.flush() }
    #expect(ledger.clicks.values.reduce(0, +) == 4_100)
  }

  @Test("Threads count while others drain, flush and read")
  func threads() async throws {
    let directory = try ScratchDirectory()
    let ledger = ClickLedger()
    var options = ClickJournal.Options()
    options.ringClicks = 128
    options.areaLinks = 64
    options.batchLinks = 9
    options.viewMilliseconds = 1
    options.flushInterval = .milliseconds(3)
    let journal = try await ClickJournal(
      directory: directory.path, loops: 3, store: ledger, options: options)
    let clicks = 30_000
    try await withThrowingTaskGroup(of: Void.self) { group in
      for loop in 0..<3 {
        let counter = journal.counter(forLoop: loop)
        group.addTask {
          for click in 0..<clicks { counter.count(Int64(click % 50)) }
        }
      }
      group.addTask {
        var before: Int64 = 0
        for read in 0..<300 {
          ledger.state.withLock { $0.weather = read % 7 == 0 ? .answerLost : .fine }
          // Counts never go back: a batch is seen in one place, and in one.
          let now = try? await journal.whileSettled {
            journal.pending(of: 7) + ledger.clicks[7, default: 0]
          }
          if let now {
            #expect(now >= before)
            before = now
          }
        }
        ledger.state.withLock { $0.weather = .fine }
      }
      try await group.waitForAll()
    }
    try await journal.close()
    #expect(ledger.clicks.count == 50)
    #expect(ledger.clicks.values.allSatisfy { $0 == Int64(3 * clicks / 50) })
    #expect(try directory.files.isEmpty)
  }
}
