import Glibc
import Synchronization
import TestSupport
import Testing

@testable import LoadTesting

extension EngineTests {
  @Suite("counts what the server counts")
  struct CountTests {
    /// Counts what is answered.
    final class Counter: Sendable {
      let value = Atomic(0)
      var count: Int { value.load(ordering: .acquiring) }
      func add() { value.add(1, ordering: .acquiringAndReleasing) }
    }

    @Test(
      "A number of requests is sent exactly, by any number of threads and connections",
      arguments: [
        (1, 1, 1, 1), (100, 1, 3, 1), (1000, 3, 7, 1), (5, 8, 8, 1), (999, 2, 3, 16), (7, 4, 2, 5),
      ])
    func exactNumber(requests: Int, threads: Int, connections: Int, pipeline: Int) async throws {
      let answered = Counter()
      let server = try ScriptedServer { peer in
        while try peer.request() != nil {
          answered.add()
          try peer.answer()
        }
      }
      var loading = try Loading(server).requests(
        requests, threads: threads, connections: connections)
      loading.settings.pipeline = pipeline
      let outcome = try await loading.run()
      try await server.stop()
      #expect(outcome.result.requests == requests)
      #expect(outcome.result.errors.total == 0)
      #expect(answered.count == requests)
      #expect(outcome.result.statuses == [200: requests])
      #expect(server.connections.load(ordering: .acquiring) <= connections)
      #expect(outcome.result.threads == min(threads, connections))
      // Each answer has so many bytes.
      let length = "HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nok".utf8.count
      #expect(outcome.result.bytesReceived == requests * length)
    }

    @Test(
      "Over a time: what was answered before the end counts, and no more is under way than may be")
    func duration() async throws {
      let answered = Counter()
      let server = try ScriptedServer { peer in
        while try peer.request() != nil {
          answered.add()
          try peer.answer()
        }
      }
      var loading = try Loading(server).duration(.milliseconds(700))
      loading.settings.threads = 2
      let outcome = try await loading.run()
      try await server.stop()
      #expect(outcome.result.requests > 0 && outcome.errors.total == 0)
      #expect(abs(outcome.result.durationSeconds - 0.7) < 1e-6)
      #expect((outcome.result.requests...outcome.result.requests + 4) ~= answered.count)
    }

    @Test("What happens in the warm-up is not counted", arguments: [nil, 16])
    func warmup(pipeline: Int?) async throws {
      let answered = Counter()
      let server = try ScriptedServer { peer in
        while try peer.request() != nil {
          answered.add()
          try peer.answer()
        }
      }
      var loading = try Loading(server).requests(100, threads: 2)
      loading.settings.warmup = .milliseconds(400)
      loading.settings.pipeline = pipeline ?? 1
      let outcome = try await loading.run()
      try await server.stop()
      #expect(outcome.result.requests == 100 && outcome.errors.total == 0)
      #expect(answered.count > 100)
    }

    @Test("Other statuses than the expected ones are errors, and counted by status")
    func statuses() async throws {
      let turn = Counter()
      let server = try ScriptedServer { peer in
        while try peer.request() != nil {
          turn.add()
          try peer.answer([200, 308, 404, 503][turn.value.load(ordering: .relaxed) % 4])
        }
      }
      for (expected, right) in [
        ([], [200, 308]), ([308], [308]), ([404, 503], [404, 503]), ([200, 503], [200, 503]),
        ([418], []),
      ] {
        let loading = try Loading(server, expectation: .init(statuses: expected))
          .requests(400, connections: 1)
        let outcome = try await loading.run()
        #expect(outcome.result.statuses == [200: 100, 308: 100, 404: 100, 503: 100])
        #expect(outcome.result.requests == right.count * 100)
        #expect(outcome.errors.unexpectedStatus == 400 - right.count * 100)
        #expect(outcome.errors.total == outcome.errors.unexpectedStatus)
      }
      try await server.stop()
    }

    @Test("Another Location than expected, or none, is an error")
    func locations() async throws {
      let turn = Counter()
      let server = try ScriptedServer { peer in
        while try peer.request() != nil {
          turn.add()
          switch turn.count % 4 {
          case 0: try peer.answer(308, "Location: https://example.org/a")
          case 1: try peer.answer(308, "LOCATION:https://example.org/a  ")
          case 2: try peer.answer(308, "Location: https://example.org/ab")
          default: try peer.answer(308)
          }
        }
      }
      let expectation = RequestPlan.Expectation(
        statuses: [308], location: .exactly("https://example.org/a"))
      let outcome = try await Loading(server, expectation: expectation)
        .requests(400, connections: 1).run()
      try await server.stop()
      #expect(outcome.result.requests == 200)
      #expect(outcome.errors.unexpectedStatus == 200)
      #expect(outcome.result.statuses == [308: 400])
      #expect(outcome.result.notes.contains { $0.hasPrefix("200 answers had another Location") })
    }

    @Test(
      "Sixteen requests under way on each connection: each answer is held against its own request")
    func order() async throws {
      var generator = SeededGenerator.forTest()
      let seed = generator.next()
      let server = try ScriptedServer { peer in
        var random = SeededGenerator(seed: seed)
        while let request = try peer.request() {
          if Int.random(in: 0..<50, using: &random) == 0 { usleep(2_000) }
          try peer.answer(308, "Location: https://example.org\(request.target)", body: "")
        }
      }
      let codes = (0..<97).map { "code-\($0)" }
      var description = RequestDescription()
      description.path = "/{{line:codes}}"
      var loading = try Loading(
        server, description,
        expectation: .init(statuses: [308], location: .listed(list: 1, pick: 0)),
        lines: codes
      ).requests(3_000, threads: 2, connections: 5)
      loading.settings.plan.lists.append(
        .init(codes.map { "https://example.org/\($0)" }, draw: .inTurn))
      loading.settings.pipeline = 16
      let outcome = try await loading.run()
      #expect(outcome.result.requests == 3_000, "\(outcome.errors)")
      // One text further, all of them are wrong.
      loading.settings.plan.lists[1].texts = codes.map { "https://example.org/\($0)x" }
      #expect(try await loading.run().errors.unexpectedStatus == 3_000)
      try await server.stop()
    }

    @Test("Methods, headers and bodies arrive as they were described; placeholders differ")
    func bodies() async throws {
      let seen = Mutex<[String: Int]>([:])
      let wrong = Counter()
      let server = try ScriptedServer { peer in
        while let request = try peer.request() {
          let body = String(decoding: request.body, as: UTF8.self)
          seen.withLock { $0[body, default: 0] += 1 }
          if request.method != "PUT" || !request.head.contains("\r\nX-Id: n") { wrong.add() }
          try peer.answer(201)
        }
      }
      var description = RequestDescription()
      description.method = "PUT"
      description.path = "/things"
      description.headers = [.init("X-Id", "n{{counter}}")]
      description.body = "{\"n\": {{counter}}, \"line\": \"{{line:x}}\"}"
      let outcome = try await Loading(server, description, lines: ["a", "bb", ""])
        .requests(600, threads: 3, connections: 6).run()
      try await server.stop()
      #expect(outcome.result.statuses == [201: 600])
      #expect(wrong.count == 0)
      let bodies = seen.withLock { $0 }
      #expect(bodies.count == 600)
      for line in ["a", "bb", ""] {
        #expect(bodies.keys.count { $0.hasSuffix("\"line\": \"\(line)\"}") } == 200)
      }
    }
  }
}
