/// Caches of known behaviour: for each request of a trace, whether they would have had its key.
public enum ReferenceCaches {
  /// Exact least-recently-used: a queue of uses, those that were overtaken passed over.
  public static func leastRecentlyUsed(_ trace: [Int], capacity: Int) -> [Bool] {
    var lastUse: [Int: Int] = [:]
    var oldest = 0
    return trace.enumerated().map { time, key in
      let isHit = lastUse.updateValue(time, forKey: key) != nil
      while lastUse.count > capacity {
        if lastUse[trace[oldest]] == oldest { lastUse[trace[oldest]] = nil }
        oldest += 1
      }
      return isHit
    }
  }

  /// Belady's optimum (1966): out goes what is asked for again last.
  public static func optimum(_ trace: [Int], capacity: Int) -> [Bool] {
    var next = [Int](repeating: .max, count: trace.count)
    var seen: [Int: Int] = [:]
    for time in trace.indices.reversed() {
      next[time] = seen[trace[time]] ?? trace.count + time
      seen[trace[time]] = time
    }
    // What is held, with the time of its next use; the heap has the latest such time on top, and with
    // it times that have passed, which are recognised when they come up.
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
      while held.count > capacity, let latest = pop() {
        if held[latest.key] == latest.time { held[latest.key] = nil }
      }
      return isHit
    }
  }
}
