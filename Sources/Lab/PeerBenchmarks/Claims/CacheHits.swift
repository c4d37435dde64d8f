import LinkStores
import Links
import Terminal
import TestSupport

/// How much of what is asked for the cache has.
struct CacheHits: Claim {
  let name = "cache-hits"
  let summary = "hit ratio of the eviction, beside exact LRU and the optimum (10 s a pair)"
  let tools: [Tool] = []
  private static let keys = 500_000
  private static let capacity = 50_000

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let zipf = Zipf(over: Self.keys)
    var plain = Ratios("Zipf")
    var scanned = Ratios("Zipf and a scan")
    for pair in 0..<bench.arguments.pairs {
      bench.say("\(name): trace \(pair + 1) of \(bench.arguments.pairs)")
      // The same traces in every run; another for each pair.
      var random = SeededGenerator(seed: UInt64(pair))
      try plain.measure(CacheTrace(zipf.trace(2_000_000, using: &random)), pair)
      try bench.interrupts.check()
      try scanned.measure(
        CacheTrace(zipf.trace(700_000, using: &random), scanning: 2), pair)
      try bench.interrupts.check()
    }
    var report = ClaimReport(name)
    report.series = plain.series + scanned.series
    report.requirements = [
      Requirement("Zipf: no worse than LRU", plain.gain.distribution, .atLeast(0)),
      Requirement(
        "Zipf and a scan: at least 5 points better than LRU", scanned.gain.distribution,
        .atLeast(5)),
    ]
    report.notes = [
      "\(Self.capacity) entries, keys drawn by Zipf (s = 1) from \(Self.keys); the scan asks "
        + "twice after each of them for keys that come once, which are not counted",
      "counted after the first quarter of a trace, which fills the cache; a miss is put in",
    ]
    return report
  }

  /// What the caches got of one kind of trace.
  private struct Ratios {
    var ours: Series
    var lru: Series
    var optimum: Series
    var gain: Series

    init(_ kind: String) {
      ours = Series("\(kind): lynx (S3-FIFO)", .percent)
      lru = Series("\(kind): LRU, exact", .percent)
      optimum = Series("\(kind): the optimum (Belady)", .percent)
      gain = Series("\(kind): lynx less LRU, points", .percent)
    }

    var series: [Series] { [ours, lru, optimum, gain] }

    mutating func measure(_ trace: CacheTrace, _ pair: Int) throws(CommandError) {
      let capacity = CacheHits.capacity
      let own = 100 * trace.hitRatio(try CacheHits.ask(trace.keys))
      let other =
        100 * trace.hitRatio(ReferenceCaches.leastRecentlyUsed(trace.keys, capacity: capacity))
      ours.set(own, pair: pair)
      lru.set(other, pair: pair)
      gain.set(own - other, pair: pair)
      optimum.set(
        100 * trace.hitRatio(ReferenceCaches.optimum(trace.keys, capacity: capacity)), pair: pair)
    }
  }

  /// The cache as the service has it: looked up, filled on a miss.
  private static func ask(_ keys: [Int]) throws(CommandError) -> [Bool] {
    let cache: LinkCache
    do {
      cache = try LinkCache(limits: .init(entries: capacity, absentEntries: 16, bytes: 16_000_000))
    } catch {
      throw CommandError(.failed, "\(error)")
    }
    let target = Target(id: 1, destination: "https://example.com", isActive: true, version: 1)
    return keys.map { key in
      let code = "\(key)"
      var text = code
      let answer = withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { buffer in
        text.withUTF8 { cache.lookUp(UnsafeRawBufferPointer($0), into: buffer) }
      }
      if answer == .miss { cache.install(target, for: code) }
      return answer != .miss
    }
  }
}
