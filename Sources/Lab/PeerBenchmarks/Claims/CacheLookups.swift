import LinkStores
import LinuxSystem
import Terminal
import TestSupport

/// What a hit in the cache takes, and the memory half a million links need.
struct CacheLookups: Claim {
  let name = "cache"
  let summary = "a cache hit and its memory, beside a dictionary behind a mutex (6 s a pair)"
  let tools: [Tool] = []
  private let linkCount = 500_000
  private let drawCount = 4_000_000

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    bench.say("\(name): filling")
    let links = CachedLinks(count: linkCount)
    let order = links.shuffledRanks()
    let memory = MemoryUsed()
    let cache: LinkCache
    do { cache = try LinkCache() } catch { throw CommandError(.failed, "\(error)") }
    for rank in order { cache.install(links.target(rank), for: links.code(rank)) }
    let ownMemory = MemoryUsed().since(memory)
    let kept = cache.counts.links
    let dictionary = MutexedDictionary()
    for rank in order { dictionary.install(links.target(rank), for: links.code(rank)) }
    let bothMemory = MemoryUsed().since(memory)

    // Shards fill unevenly, so that some links are not there, and only hits are measured.
    let present = (0..<links.count).filter { rank in
      MeasuredLookups(links.drawn([rank])).misses { cache.hit($0, into: $1) } == 0
    }
    let zipf = Zipf(over: present.count)
    var random = SeededGenerator(seed: 3)
    let spread = MeasuredLookups(
      links.drawn((0..<drawCount).map { _ in present[zipf.draw(using: &random)] }))
    let hot = MeasuredLookups(links.drawn([Int](repeating: present[0], count: drawCount / 4)))

    var ours = Times("lynx")
    var theirs = Times("dictionary and mutex")
    try bench.alternate(
      name, pairs: bench.arguments.pairs,
      [
        (
          "lynx",
          { pair throws(CommandError) in
            try ours.measure(pair, spread, hot) { cache.hit($0, into: $1) }
            try bench.interrupts.check()
          }
        ),
        (
          "dictionary",
          { pair throws(CommandError) in
            try theirs.measure(pair, spread, hot) { dictionary.lookUp($0, into: $1) }
            try bench.interrupts.check()
          }
        ),
      ])

    var report = ClaimReport(name)
    var resident = Series("lynx: resident memory for \(kept) links", .bytes)
    resident.set(Double(ownMemory.residentBytes), pair: 0)
    var otherResident = Series("dictionary: resident memory for \(linkCount) links", .bytes)
    otherResident.set(Double(bothMemory.since(ownMemory).residentBytes), pair: 0)
    report.series = ours.series + theirs.series + [resident, otherResident]
    report.ratios = [
      Ratio(ours.zipf, by: theirs.zipf), Ratio(ours.waiting, by: theirs.waiting),
      Ratio(ours.hot, by: theirs.hot),
    ]
    report.requirements = [
      Requirement(
        "a hit takes at most 150 ns, drawn by Zipf", ours.zipf.distribution, .atMost(150)),
      Requirement("a hit takes at most 40 ns, one code", ours.hot.distribution, .atMost(40)),
      Requirement(
        "at most 100 MB of resident memory",
        resident.distribution.maximum <= 100e6 ? .holds : .missed),
    ]
    report.notes = [
      "Zipf (s = 1) over the \(present.count) links that the cache kept of \(linkCount), one thread; "
        + "codes of 3 to 15 bytes, destinations of 50 to 70, which each hit copies; 1 MB is "
        + "1,000,000 bytes",
      "'each after the last': the next code is read only when the last answer is there, so that "
        + "nothing of two lookups overlaps",
      "\(Series.Unit.bytes.text(Double(ownMemory.largePageBytes))) of the cache's memory are in "
        + "large pages",
    ]
    return report
  }

  /// Of one side.
  private struct Times {
    var zipf: Series
    var waiting: Series
    var hot: Series

    init(_ side: String) {
      zipf = Series("\(side): a hit, Zipf", .nanoseconds)
      waiting = Series("\(side): a hit, Zipf, each after the last", .nanoseconds)
      hot = Series("\(side): a hit, one code", .nanoseconds)
    }

    var series: [Series] { [zipf, waiting, hot] }

    @inline(__always)
    mutating func measure(
      _ pair: Int, _ spread: MeasuredLookups, _ hot: MeasuredLookups,
      _ lookUp: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Int?
    ) throws(CommandError) {
      zipf.set(try spread.nanoseconds(lookUp), pair: pair)
      waiting.set(try spread.nanoseconds(oneAfterAnother: true, lookUp), pair: pair)
      self.hot.set(try hot.nanoseconds(lookUp), pair: pair)
    }
  }
}

extension LinkCache {
  /// The length of the destination, which is copied to the start of `buffer`; nil on a miss.
  @inline(__always)
  fileprivate func hit(
    _ code: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int? {
    guard case .found(let target) = lookUp(code, into: buffer) else { return nil }
    return target.destinationLength
  }
}
