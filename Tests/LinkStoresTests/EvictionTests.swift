import TestSupport
import Testing

@testable import LinkStores

@Suite("The eviction keeps what will be asked for again")
struct EvictionTests {
  private static let capacity = 2000

  private func zipf(over keys: Int, count: Int, _ random: inout SeededGenerator) -> [Int] {
    var sums: [Double] = []
    var sum = 0.0
    for rank in 1...keys {
      sum += 1 / Double(rank)
      sums.append(sum)
    }
    return (0..<count).map { _ in
      let wanted = Double.random(in: 0..<sum, using: &random)
      var (low, high) = (0, keys - 1)
      while low < high {
        let middle = (low + high) / 2
        if sums[middle] < wanted { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  private func ours(_ trace: [Int]) throws -> [Bool] {
    var trial = try EvictionTrial(capacity: Self.capacity)
    return trace.map { trial.ask($0) }
  }

  /// Exact least-recently-used: a queue of uses, those that were overtaken passed over.
  private func leastRecentlyUsed(_ trace: [Int]) -> [Bool] {
    var lastUse: [Int: Int] = [:]
    var oldest = 0
    return trace.enumerated().map { time, key in
      let isHit = lastUse.updateValue(time, forKey: key) != nil
      while lastUse.count > Self.capacity {
        if lastUse[trace[oldest]] == oldest { lastUse[trace[oldest]] = nil }
        oldest += 1
      }
      return isHit
    }
  }

  /// Belady's optimum (1966): out goes what is asked for again last.
  private func optimum(_ trace: [Int]) -> [Bool] {
    var next = [Int](repeating: .max, count: trace.count)
    var seen: [Int: Int] = [:]
    for time in trace.indices.reversed() {
      next[time] = seen[trace[time]] ?? trace.count + time
      seen[trace[time]] = time
    }
    // Entries in order of their next use; `order` maps that time to the key, a sorted array of times.
    var held: [Int: Int] = [:]
    var heap: [(time: Int, key: Int)] = []
    func push(_ item: (time: Int, key: Int)) {
      heap.append(item)
      var child = heap.count - 1
      while child > 0, heap[(child - 1) / 2].time < heap[child].time {
        heap.swapAt(child, (child - 1) / 2)
        child = (child - 1) / 2
      }
    }
    func pop() -> (time: Int, key: Int)? {
      guard let first = heap.first else { return nil }
      heap[0] = heap[heap.count - 1]
      heap.removeLast()
      var parent = 0
      while true {
        var largest = parent
        for child in [2 * parent + 1, 2 * parent + 2]
        where child < heap.count && heap[child].time > heap[largest].time {
          largest = child
        }
        if largest == parent { return first }
        heap.swapAt(parent, largest)
        parent = largest
      }
    }
    return trace.enumerated().map { time, key in
      let isHit = held.updateValue(next[time], forKey: key) != nil
      push((next[time], key))
      while held.count > Self.capacity, let latest = pop() {
        if held[latest.key] == latest.time { held[latest.key] = nil }
      }
      return isHit
    }
  }

  private func ratio(_ hits: [Bool], of wanted: (Int) -> Bool = { _ in true }) -> Double {
    let chosen = hits.indices.filter { $0 > hits.count / 4 && wanted($0) }
    return Double(chosen.count { hits[$0] }) / Double(chosen.count)
  }

  @Test("On a Zipf trace at least as good as LRU, and no better than the optimum")
  func zipf() throws {
    var random = SeededGenerator.forTest()
    let trace = zipf(over: 20_000, count: 120_000, &random)
    let (ours, lru, best) = (
      ratio(try ours(trace)), ratio(leastRecentlyUsed(trace)), ratio(optimum(trace))
    )
    print("Zipf(1), a tenth fits: ours \(ours), LRU \(lru), optimum \(best)")
    #expect(ours >= lru)
    #expect(ours <= best)
  }

  @Test("A scan through everything does not displace what is popular, as it does with LRU")
  func scan() throws {
    var random = SeededGenerator.forTest()
    let popular = zipf(over: 20_000, count: 40_000, &random)
    // After each request, three for keys that never come again.
    var trace: [Int] = []
    for (time, key) in popular.enumerated() {
      trace.append(key)
      trace.append(contentsOf: (0..<3).map { 1_000_000 + 3 * time + $0 })
    }
    let isPopular: (Int) -> Bool = { trace[$0] < 1_000_000 }
    let (ours, lru, best) = (
      ratio(try ours(trace), of: isPopular), ratio(leastRecentlyUsed(trace), of: isPopular),
      ratio(optimum(trace), of: isPopular)
    )
    print("Zipf(1) during a scan: ours \(ours), LRU \(lru), optimum \(best)")
    #expect(ours > lru + 0.05)
    #expect(ours <= best)
  }
}
