import TestSupport
import Testing

@testable import LoadTesting

@Suite("A schedule has the times of a rate, exactly")
struct LoadScheduleTests {
  static let start: UInt64 = 5_000_000_123

  static func schedules(
    _ rate: Double, _ threads: Int, seconds: Double, requests: Int? = nil, from: UInt64 = 0
  ) -> [LoadSchedule] {
    (0..<threads).map {
      LoadSchedule(
        rate: rate, thread: $0, threads: threads, start: start,
        end: start + UInt64(seconds * 1e9), requests: requests, from: from)
    }
  }

  /// All times of a schedule.
  static func times(_ schedule: LoadSchedule) -> [UInt64] {
    var schedule = schedule
    var times: [UInt64] = []
    while let due = schedule.nextDue {
      #expect(schedule.take(at: due - 1) == nil)
      #expect(schedule.take(at: due) == due)
      times.append(due)
    }
    return times
  }

  @Test(
    "The threads' times together are those of the rate, to the nanosecond",
    arguments: [(1000, 1), (1000, 3), (7, 4), (333.3, 2), (12_345.678, 5), (0.75, 3), (99_999, 8)])
  func exact(rate: Double, threads: Int) {
    let times = Self.schedules(rate, threads, seconds: 2).flatMap(Self.times).sorted()
    // k / rate < 2 s, for k from 0 on.
    #expect(times.count == Int((2 * rate).rounded(.up)))
    for (number, time) in times.enumerated() {
      let exact = Double(number) / rate * 1e9
      #expect(abs(Double(time - Self.start) - exact) <= 1)
    }
  }

  @Test("After ten million requests there is no drift", arguments: [(33_333, 3)])
  func noDrift(rate: Double, threads: Int) {
    for var schedule in Self.schedules(rate, threads, seconds: 1e6) {
      let count = 10_000_000 / threads
      var last: UInt64 = 0
      for _ in 0..<count { last = schedule.take(at: .max) ?? 0 }
      let number = (count - 1) * threads + schedule.thread
      let exact = Double(number) / rate * 1e9
      #expect(abs(Double(last - Self.start) - exact) <= 2)
    }
  }

  @Test("What should have been started and was not is counted, from a time to another")
  func overdue() {
    var random = SeededGenerator.forTest()
    for _ in 0..<300 {
      let rate = Double.random(in: 1...5_000, using: &random)
      let threads = Int.random(in: 1...4, using: &random)
      let at = Self.start + UInt64.random(in: 0...1_500_000_000, using: &random)
      let from = Self.start + UInt64.random(in: 0...1_500_000_000, using: &random)
      for var schedule in Self.schedules(rate, threads, seconds: 1) {
        var expected = Self.times(schedule).filter { $0 < at }
        var took: [UInt64] = []
        for _ in 0..<Int.random(in: 0...20, using: &random) {
          if let due = schedule.take(at: at) { took.append(due) }
        }
        // One that is due at the time itself may be taken.
        expected.removeFirst(min(took.count, expected.count))
        // Some of them are put back, oldest or not.
        for due in took.shuffled(using: &random).prefix(3) {
          schedule.putBack(due)
          expected.append(due)
        }
        #expect(schedule.overdue(at: at, from: from) == expected.count { $0 >= from })
      }
    }
  }

  @Test("What was put back is due at once, at its own time, before all others")
  func putBack() {
    var schedule = Self.schedules(1000, 1, seconds: 1)[0]
    let first = schedule.take(at: .max)
    let second = schedule.take(at: .max)
    guard let first, let second else {
      Issue.record("nothing is due")
      return
    }
    schedule.putBack(first)
    schedule.putBack(second)
    #expect(schedule.nextDue == first)
    #expect(schedule.take(at: first) == first && schedule.take(at: second) == second)
    #expect(schedule.nextDue == Self.start + 2_000_000)
  }

  @Test(
    "A number of requests is scheduled exactly, those of the warm-up on top",
    arguments: [(1000, 3, 0.0), (777, 2, 0.35), (10, 4, 1.05), (3, 1, 0.0)])
  func limited(rate: Double, threads: Int, warmup: Double) {
    let from = Self.start + UInt64(warmup * 1e9)
    for schedule in Self.schedules(rate, threads, seconds: 1e6, requests: 50, from: from) {
      let times = Self.times(schedule)
      #expect(times.count { $0 >= from } == 50)
      // And all that come before.
      let all = Self.times(Self.schedules(rate, threads, seconds: warmup)[schedule.thread])
      #expect(times.filter { $0 < from } == all.filter { $0 < from })
      #expect(schedule.overdue(at: .max, from: from) == 50)
    }
  }

  @Test(
    "Rates beyond all measure neither trap nor begin",
    arguments: [1e-300, 1e300, .leastNonzeroMagnitude])
  func absurd(rate: Double) {
    var schedule = Self.schedules(rate, 2, seconds: 1e-6)[1]
    for _ in 0..<1_000 { _ = schedule.take(at: Self.start) }
    _ = LoadSchedule(
      rate: rate, thread: 1, threads: 2, start: 1, end: .max, requests: 5, from: 1_000_000_000)
  }
}
