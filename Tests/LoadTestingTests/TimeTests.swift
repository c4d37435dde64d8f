import Glibc
import LinuxSystem
import LoadResults
import Synchronization
import TestSupport
import Testing

@testable import LoadTesting

extension EngineTests {
  @Suite("measures the time that the server says it took")
  struct TimeTests {
    @Test("Answers that wait 5 ms and 50 ms in turn", arguments: [(1, 1), (2, 6)])
    func alternating(threads: Int, connections: Int) async throws {
      let stamps = Stamps()
      let server = try ScriptedServer { peer in
        try stamps.serve(peer) { number in usleep(number % 2 == 0 ? 5_000 : 50_000) }
      }
      let outcome = try await Loading(server)
        .requests(60 * threads, threads: threads, connections: connections).run()
      try await server.stop()
      stamps.check(outcome.result.latency, outcome)
      // Half of them, and not all of them, waited so long.
      #expect(outcome.result.latency.nanoseconds(atPercentile: 0) >= 5_000_000)
      #expect(outcome.result.latency.nanoseconds(atPercentile: 75) >= 50_000_000)
    }

    @Test("Answers that wait any time up to 20 ms, and ones that do not wait")
    func uniform() async throws {
      var generator = SeededGenerator.forTest()
      let seed = generator.next()
      for longest: UInt32 in [0, 20_000] {
        let stamps = Stamps()
        let server = try ScriptedServer { peer in
          var random = SeededGenerator(seed: seed)
          try stamps.serve(peer) { _ in
            if longest > 0 { usleep(UInt32.random(in: 0...longest, using: &random)) }
          }
        }
        let outcome = try await Loading(server)
          .requests(400, threads: 2, connections: 5).run()
        try await server.stop()
        stamps.check(outcome.result.latency, outcome)
      }
    }

    @Test(
      "At a rate, with answers slower than the rate allows: every start is late, and is reported")
    func behind() async throws {
      let stamps = Stamps()
      // One connection, 10 ms an answer: 100 a second at most, and 200 are asked for.
      let server = try ScriptedServer { peer in try stamps.serve(peer) { _ in usleep(10_000) } }
      var loading = try Loading(server).duration(.seconds(1))
      loading.settings.connections = 1
      loading.settings.rate = 200
      let outcome = try await loading.run()
      try await server.stop()
      let schedule = try #require(outcome.result.schedule)
      #expect(schedule.scheduled == 200)
      #expect(outcome.result.requests <= 110 && outcome.result.requests >= 1)
      #expect(outcome.errors.unanswered == 200 - outcome.result.requests)
      #expect(outcome.result.notes.contains { $0.contains("never started") })
      // Request k is due at 5k ms, and starts after k answers of 10 ms.
      let started = stamps.count
      #expect(schedule.lateStarts >= started - 2)
      #expect(schedule.largestDelaySeconds >= Double(started - 1) * 0.005)
      #expect(
        outcome.result.latency.nanoseconds(atPercentile: 100) >= UInt64(started - 2) * 5_000_000)
      let service = try #require(outcome.result.serviceTime)
      #expect(service.nanoseconds(atPercentile: 0) >= 10_000_000)
    }

    /// Holds answers back while it is shut.
    final class Gate: Sendable {
      private let isShut = Atomic(false)
      let shutAt = Atomic(UInt64(0))
      let openedAt = Atomic(UInt64(0))

      func pass() { while isShut.load(ordering: .sequentiallyConsistent) { usleep(500) } }

      func shut(for seconds: Double) {
        isShut.store(true, ordering: .sequentiallyConsistent)
        shutAt.store(Clock.monotonicNanoseconds, ordering: .sequentiallyConsistent)
        usleep(UInt32(seconds * 1e6))
        openedAt.store(Clock.monotonicNanoseconds, ordering: .sequentiallyConsistent)
        isShut.store(false, ordering: .sequentiallyConsistent)
      }

      var seconds: Double {
        let opened = openedAt.load(ordering: .sequentiallyConsistent)
        return Double(opened - shutAt.load(ordering: .sequentiallyConsistent)) / 1e9
      }
    }

    @Test(
      "A server that stalls for a second: at a rate, all that should have started meanwhile show it"
    )
    func stall() async throws {
      let gate = Gate()
      let longWaits = Atomic(0)
      let server = try ScriptedServer { peer in
        while try peer.request() != nil {
          let read = Clock.monotonicNanoseconds
          gate.pass()
          if Clock.monotonicNanoseconds - read > 500_000_000 {
            longWaits.add(1, ordering: .relaxed)
          }
          try peer.answer()
        }
      }
      let rate = 200.0
      let connections = 8
      var loading = try Loading(server).duration(.seconds(4))
      loading.settings.connections = connections
      loading.settings.threads = 2
      loading.settings.rate = rate
      let outcome = try await loading.run { _ in
        usleep(1_000_000)
        gate.shut(for: 1)
      }
      try await server.stop()
      let schedule = try #require(outcome.result.schedule)
      #expect(schedule.scheduled == 800)
      // What is due d seconds before the gate opens takes at least as long.
      let stalled = gate.seconds
      for shortest in [0.1, 0.5, 0.9] {
        let due = Int((stalled - shortest) * rate) - 1
        #expect(Outcome.count(outcome.result.latency, from: shortest) >= due, "\(shortest)")
      }
      // Only those that were under way when it began waited for the server itself.
      let waited = longWaits.load(ordering: .acquiring)
      #expect(waited <= connections)
      let service = Outcome.count(outcome.result.serviceTime, from: 0.5)
      #expect(service >= waited && service <= 2 * connections, "\(service)")
      // It caught up, and says so: all but the first few of the stall started late.
      #expect(schedule.lateStarts >= Int(stalled * rate) - connections - 2)
      #expect(schedule.largestDelaySeconds >= stalled - Double(connections + 2) / rate)
      #expect(outcome.result.requests >= 790, "\(outcome.errors)")
    }

    typealias Outcome = Loading.Outcome

    @Test("In a closed loop a stall is seen by those under way alone: why there are rates")
    func stallInClosedLoop() async throws {
      let gate = Gate()
      let server = try ScriptedServer { peer in
        while try peer.request() != nil {
          gate.pass()
          usleep(1_000)
          try peer.answer()
        }
      }
      let outcome = try await Loading(server).duration(.seconds(2)).run { _ in
        usleep(500_000)
        gate.shut(for: 0.8)
      }
      try await server.stop()
      let slow = Outcome.count(outcome.result.latency, from: 0.7)
      #expect((1...8) ~= slow, "\(slow)")
    }

    @Test(
      "A rate starts exactly as many requests as belong into the time",
      arguments: [(1000.0, 3, 3, nil), (333.0, 2, 2, 0.5), (1000.0, 1, 1, 0.4)]
        as [(Double, Int, Int, Double?)])
    func rate(rate: Double, seconds: Int, threads: Int, warmup: Double?) async throws {
      let answered = Atomic(0)
      let server = try ScriptedServer { peer in
        while try peer.request() != nil {
          answered.add(1, ordering: .relaxed)
          try peer.answer()
        }
      }
      var loading = try Loading(server).duration(.seconds(seconds))
      loading.settings.threads = threads
      loading.settings.connections = 24
      loading.settings.rate = rate
      loading.settings.warmup = .seconds(warmup ?? 0)
      let outcome = try await loading.run()
      try await server.stop()
      // Those of the warm-up come before, and do not count.
      let due = Int(rate) * seconds
      let before = Int((rate * (warmup ?? 0)).rounded(.up))
      let scheduled = try #require(outcome.result.schedule?.scheduled)
      #expect(abs(scheduled - due) <= (warmup == nil ? 0 : 1))
      #expect(outcome.result.requests + outcome.errors.unanswered == scheduled)
      let sent = answered.load(ordering: .acquiring)
      #expect(sent <= due + before)
      #expect(sent >= due + before - outcome.errors.unanswered)
      // Nobody keeps a machine from stopping at the end; but for that all are answered.
      #expect(outcome.errors.unanswered <= due / 10)
    }

    @Test("A number of requests at a rate ends with the last of them")
    func numberAtRate() async throws {
      let answered = Atomic(0)
      let server = try ScriptedServer { peer in
        while try peer.request() != nil {
          answered.add(1, ordering: .relaxed)
          try peer.answer()
        }
      }
      var loading = try Loading(server).requests(150, threads: 3, connections: 7)
      loading.settings.rate = 500
      let outcome = try await loading.run()
      try await server.stop()
      #expect(outcome.result.requests == 150 && outcome.errors.total == 0)
      #expect(outcome.result.schedule?.scheduled == 150)
      #expect(answered.load(ordering: .acquiring) == 150)
      // The last one is due at 149/500 s.
      #expect(outcome.result.durationSeconds >= 0.298)
    }
  }
}
