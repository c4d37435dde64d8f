import TestSupport
import Testing

@testable import LinkStores

@Suite("The eviction keeps what will be asked for again")
struct EvictionTests {
  private static let capacity = 2000

  private struct Ratios {
    let ours: Double
    let lru: Double
    let optimum: Double

    init(_ trace: CacheTrace) throws {
      var trial = try EvictionTrial(capacity: EvictionTests.capacity)
      ours = trace.hitRatio(trace.keys.map { trial.ask($0) })
      lru = trace.hitRatio(
        ReferenceCaches.leastRecentlyUsed(trace.keys, capacity: EvictionTests.capacity))
      optimum = trace.hitRatio(
        ReferenceCaches.optimum(trace.keys, capacity: EvictionTests.capacity))
    }
  }

  @Test("On a Zipf trace at least as good as LRU, and no better than the optimum")
  func zipf() throws {
    var random = SeededGenerator.forTest()
    let ratios = try Ratios(CacheTrace(Zipf(over: 20_000).trace(120_000, using: &random)))
    print("Zipf(1), a tenth fits: \(ratios)")
    #expect(ratios.ours >= ratios.lru)
    #expect(ratios.ours <= ratios.optimum)
  }

  @Test("A scan through everything does not displace what is popular, as it does with LRU")
  func scan() throws {
    var random = SeededGenerator.forTest()
    let popular = Zipf(over: 20_000).trace(40_000, using: &random)
    let ratios = try Ratios(CacheTrace(popular, scanning: 3))
    print("Zipf(1) during a scan: \(ratios)")
    #expect(ratios.ours > ratios.lru + 0.05)
    #expect(ratios.ours <= ratios.optimum)
  }
}
