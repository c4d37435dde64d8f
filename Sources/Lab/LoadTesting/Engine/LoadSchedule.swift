/// When requests are to start if they come at a rate, whatever becomes of those before: absolute times,
/// so that no delay adds up. One for each thread; together they make the rate, evenly.
///
/// The idea of measuring from these times and not from when a request could be sent: G. Tene, "How NOT to
/// Measure Latency" (the omission that closed loops coordinate with the server), as wrk2 does.
struct LoadSchedule {
  /// Requests a second of all threads together.
  let rate: Double
  let thread: Int
  let threads: Int
  /// When the first one of all threads starts (CLOCK_MONOTONIC, ns).
  let start: UInt64
  /// Nothing is scheduled from here on.
  let end: UInt64
  /// How many there are.
  private let limit: Int
  /// How many were taken.
  private(set) var taken = 0
  /// Those taken that have to be started again, oldest first.
  private var again: [UInt64] = []
  /// When the next one that was not taken is due.
  private var next: UInt64

  /// - Parameters:
  ///   - requests: how many are scheduled for this thread from `from` on; nil if that is no matter.
  init(
    rate: Double, thread: Int, threads: Int, start: UInt64, end: UInt64, requests: Int? = nil,
    from: UInt64 = 0
  ) {
    self.rate = rate
    self.thread = thread
    self.threads = threads
    self.start = start
    self.end = end
    let time = { Self.time(of: $0, rate, thread, threads, start) }
    next = time(0)
    guard let requests else {
      limit = .max
      return
    }
    var first = 0
    if from > start {
      // Near enough; rounding is made good for below.
      let number = (Double(from - start) * rate / 1e9 - Double(thread)) / Double(threads)
      first = Int(min(max(0, number), 1e15))
      while time(first) < from, time(first) < end { first += 1 }
      while first > 0, time(first - 1) >= from { first -= 1 }
    }
    let (sum, overflow) = first.addingReportingOverflow(requests)
    limit = overflow ? .max : sum
  }

  private func time(of index: Int) -> UInt64 { Self.time(of: index, rate, thread, threads, start) }

  private static func time(
    of index: Int, _ rate: Double, _ thread: Int, _ threads: Int, _ start: UInt64
  ) -> UInt64 {
    let number = Double(index) * Double(threads) + Double(thread)
    let offset = number * 1e9 / rate
    guard offset < 1e18 else { return .max }
    return start &+ UInt64(offset)
  }

  /// When the next one is due; nil if there is none any more.
  var nextDue: UInt64? {
    if let first = again.first { return first }
    return next < end && taken < limit ? next : nil
  }

  /// The time that a request which starts now was meant to start at; nil if none is due.
  mutating func take(at now: UInt64) -> UInt64? {
    if !again.isEmpty { return again.removeFirst() }
    guard next <= now, next < end, taken < limit else { return nil }
    let due = next
    taken += 1
    next = time(of: taken)
    return due
  }

  /// Has one started again that nobody will answer.
  mutating func putBack(_ due: UInt64) { again.append(due) }

  /// How many should have been started from `from` on and before `now`, and were not. Complexity: O(their
  /// number).
  func overdue(at now: UInt64, from: UInt64) -> Int {
    var count = again.count { $0 >= from }
    var index = taken
    while true {
      let due = time(of: index)
      guard due < end, due < now, index < limit else { return count }
      if due >= from { count += 1 }
      index += 1
    }
  }
}
