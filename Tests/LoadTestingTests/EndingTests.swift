import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@testable import LoadTesting

extension EngineTests {
  @Suite("ends in time, whatever the server does")
  struct EndingTests {
    /// A server that reads and never answers, and how many requests it read.
    static func hanging(_ requests: CountTests.Counter) throws -> ScriptedServer {
      try ScriptedServer { peer in
        while try peer.request() != nil { requests.add() }
      }
    }

    static func checkTime(_ outcome: Loading.Outcome, _ seconds: Double) {
      #expect(outcome.seconds >= seconds - 0.001)
      #expect(outcome.seconds < seconds + 0.1 + Loading.slackSeconds)
    }

    @Test(
      "A server that never answers: what is under way at the end is unanswered", arguments: [1, 5])
    func hangs(pipeline: Int) async throws {
      let requests = CountTests.Counter()
      let server = try Self.hanging(requests)
      var loading = try Loading(server).duration(.milliseconds(600))
      loading.settings.threads = 2
      loading.settings.pipeline = pipeline
      let outcome = try await loading.run()
      try await server.stop()
      Self.checkTime(outcome, 0.6)
      #expect(outcome.result.requests == 0 && outcome.result.latency.isEmpty)
      #expect(outcome.errors.unanswered == 4 * pipeline && outcome.errors.total == 4 * pipeline)
      #expect(requests.count == 4 * pipeline)
    }

    @Test("Answers that are due by the timeout are timeouts; connections are made again")
    func timeouts() async throws {
      let requests = CountTests.Counter()
      let server = try Self.hanging(requests)
      var loading = try Loading(server).duration(.milliseconds(1_500))
      loading.settings.timeout = .milliseconds(300)
      let outcome = try await loading.run()
      try await server.stop()
      Self.checkTime(outcome, 1.5)
      #expect(outcome.result.requests == 0)
      #expect(outcome.errors.timeout >= 4, "at least the first on each connection")
      // Each that the server read timed out or is unanswered; a last one may not have been read.
      let lost = outcome.errors.timeout + outcome.errors.unanswered
      #expect((requests.count...requests.count + 4) ~= lost)
      #expect(outcome.errors.unanswered <= 4)
      #expect(outcome.errors.total == lost + outcome.errors.connect)
    }

    @Test("A number of requests that nobody answers: each is a timeout, and the load ends")
    func numberOfTimeouts() async throws {
      let requests = CountTests.Counter()
      let server = try Self.hanging(requests)
      var loading = try Loading(server).requests(8)
      loading.settings.timeout = .milliseconds(200)
      let outcome = try await loading.run()
      try await server.stop()
      #expect(outcome.result.requests == 0)
      #expect(outcome.errors.total == 8 && outcome.errors.timeout > 0)
      #expect(outcome.seconds < Loading.slackSeconds)
    }

    @Test("A rate against a server that never answers: all are accounted for")
    func hangsAtRate() async throws {
      let requests = CountTests.Counter()
      let server = try Self.hanging(requests)
      var loading = try Loading(server).duration(.seconds(1))
      loading.settings.rate = 100
      loading.settings.timeout = .milliseconds(250)
      let outcome = try await loading.run()
      try await server.stop()
      Self.checkTime(outcome, 1)
      #expect(outcome.result.schedule?.scheduled == 100)
      #expect(outcome.errors.timeout + outcome.errors.unanswered == 100)
      #expect(outcome.errors.timeout >= 4)
      #expect(requests.count >= outcome.errors.timeout)
    }

    @Test("A server that is killed in the middle, and comes back", arguments: [nil, 400.0])
    func dies(rate: Double?) async throws {
      let first = try PythonServer()
      let port = first.port
      // Long enough for a busy machine to start the second one.
      var loading = try Loading("http://127.0.0.1:\(port)/").duration(.seconds(8))
      loading.settings.threads = 2
      loading.settings.connections = 6
      loading.settings.rate = rate
      let second = Mutex(PythonServer?.none)
      let outcome = try await loading.run { _ in
        usleep(700_000)
        first.kill()
        usleep(500_000)
        let server = try? PythonServer(port: port)
        second.withLock { $0 = server }
      }
      Self.checkTime(outcome, 8)
      #expect(outcome.result.requests > 0)
      #expect(outcome.errors.connect > 0, "refused while nobody was there")
      let counted = try #require(second.withLock { $0 }).stop()
      #expect(counted.requests > 0, "found again")
      #expect(outcome.errors.malformed == 0 && outcome.errors.timeout == 0)
      #expect(outcome.result.notes.allSatisfy { !$0.contains("malformed") })
    }

    @Test("A server that is killed for good")
    func diesForGood() async throws {
      let server = try PythonServer()
      let loading = try Loading("http://127.0.0.1:\(server.port)/").duration(.seconds(2))
      let outcome = try await loading.run { _ in
        usleep(500_000)
        server.kill()
      }
      Self.checkTime(outcome, 2)
      #expect(outcome.result.requests > 0 && outcome.errors.connect > 0)
      #expect(outcome.errors.reset <= 4)
    }

    @Test("A number of requests to a server that is gone ends as well")
    func numberToNobody() async throws {
      let server = try PythonServer()
      var loading = try Loading("http://127.0.0.1:\(server.port)/").requests(100_000_000)
      loading.settings.timeout = .milliseconds(200)
      let outcome = try await loading.run { _ in
        usleep(400_000)
        server.kill()
      }
      #expect(outcome.result.requests > 0 && outcome.errors.connect > 0)
      // Five timeouts without an answer.
      #expect(outcome.seconds < 0.4 + 1 + Loading.slackSeconds)
    }

    @Test("Nobody listens: no load, and one sentence")
    func refused() async throws {
      let server = try ScriptedServer { _ in }
      let loading = try Loading(server)
      try await server.stop()
      let error = try await loading.refusal()
      #expect(error.kind == .unreachable)
      let text = error.description
      #expect(
        text.contains("127.0.0.1:\(server.port) cannot be reached: connection refused"), "\(text)")
      let nowhere = try Loading("http://no-such-host.invalid/")
      let other = try await nowhere.refusal()
      #expect(other.kind == .unreachable)
    }

    @Test("Stopped from another thread, with answers and without", arguments: [true, false])
    func stop(answers: Bool) async throws {
      let requests = CountTests.Counter()
      let server = try ScriptedServer { peer in
        while try peer.request() != nil {
          requests.add()
          if answers { try peer.answer() }
        }
      }
      var loading = try Loading(server).duration(.seconds(600))
      loading.settings.threads = 2
      let stopped = Atomic(UInt64(0))
      let outcome = try await loading.run { run in
        usleep(400_000)
        stopped.store(Clock.monotonicNanoseconds, ordering: .relaxed)
        run.stop()
      }
      try await server.stop()
      let took = Double(outcome.ended - stopped.load(ordering: .relaxed)) / 1e9
      #expect(took < 0.1 + Loading.slackSeconds)
      #expect(outcome.result.notes.contains("stopped before its time"))
      #expect(abs(outcome.result.durationSeconds - (outcome.seconds - took)) < 1)
      if answers {
        #expect((outcome.result.requests...outcome.result.requests + 4) ~= requests.count)
      } else {
        #expect(outcome.errors.unanswered == 4)
      }
    }

    @Test("Stopped before it began, it ends at once and has measured nothing")
    func stoppedBefore() async throws {
      let server = try ScriptedServer { peer in
        while try peer.request() != nil { try peer.answer() }
      }
      let loading = try Loading(server)
      let settings = loading.settings
      let result = try await onOwnThread {
        let run = try LoadRun(settings)
        run.stop()
        return try run.run()
      }
      try await server.stop()
      #expect(result.requests == 0 && result.errors.total == 0)
    }

    @Test(
      "Servers that never stop sending: a body without end, interim answers without end",
      arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 900000000000000000\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n", "",
      ])
    func floods(head: String) async throws {
      let block =
        head.isEmpty
        ? Array(String(repeating: "HTTP/1.1 103 Early\r\nA: b\r\n\r\n", count: 2_000).utf8)
        : [UInt8](repeating: 0x41, count: 262_144)
      let server = try ScriptedServer { peer in
        guard try peer.request() != nil else { return }
        try peer.send(head)
        while true { try peer.send(block) }
      }
      var loading = try Loading(server).duration(.milliseconds(600))
      loading.settings.connections = 2
      let outcome = try await loading.run()
      try await server.stop()
      Self.checkTime(outcome, 0.6)
      #expect(outcome.result.requests == 0 && outcome.errors.unanswered == 2)
      #expect(outcome.result.bytesReceived > 1_000_000)
    }

    @Test("Progress is seen while it goes on")
    func progress() async throws {
      let server = try ScriptedServer { peer in
        while try peer.request() != nil {
          usleep(1_000)
          try peer.answer()
        }
      }
      let seen = Mutex<[LoadRun.Progress]>([])
      var loading = try Loading(server).duration(.seconds(2))
      loading.settings.threads = 2
      let outcome = try await loading.run { run in
        for _ in 0..<18 {
          if let progress = run.progress { seen.withLock { $0.append(progress) } }
          usleep(100_000)
        }
      }
      try await server.stop()
      let all = seen.withLock { $0 }
      #expect(all.count > 2)
      #expect(zip(all, all.dropFirst()).allSatisfy { $0.requests <= $1.requests })
      #expect(all.last.map { $0.requests > 0 && $0.requests <= outcome.result.requests } == true)
      #expect(all.allSatisfy { !$0.isWarmingUp && $0.latency.count == $0.requests })
    }
  }
}
