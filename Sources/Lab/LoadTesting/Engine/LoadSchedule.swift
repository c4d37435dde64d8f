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
  private var limit: Int
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
    limit = .max
    next = 0
    next = time(of: 0)
    guard let requests else { return }
    let (sum, overflow) = index(notBefore: from).addingReportingOverflow(requests)
    limit = overflow ? .max : sum
  }

  /// The first of this thread's that is due at a time or later. Complexity: O(1).
  private func index(notBefore time: UInt64) -> Int {
    guard time > start else { return 0 }
    let number = (Double(time - start) * rate / 1e9 - Double(thread)) / Double(threads)
    var index = Int(min(max(0, number), 1e15))
    // Near enough but for rounding.
    for _ in 0..<4 where self.time(of: index) < time { index += 1 }
    for _ in 0..<4 where index > 0 && self.time(of: index - 1) >= time { index -= 1 }
    return index
  }

  private func time(of index: Int) -> UInt64 {
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

  /// How many should have been started from `from` on and before `now`, and were not. Complexity: O(1), and
  /// that of those to be started again.
  func overdue(at now: UInt64, from: UInt64) -> Int {
    let first = max(taken, index(notBefore: from))
    let last = min(limit, index(notBefore: min(end, now)))
    return again.count { $0 >= from } + max(0, last - first)
  }
}
