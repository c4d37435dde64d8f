import Glibc
import LoadResults
import Synchronization
import TestSupport
import Testing

@testable import LoadTesting

extension EngineTests {
  @Suite("loses nothing when connections end")
  struct ConnectionTests {
    typealias Counter = CountTests.Counter

    static func connections(_ server: ScriptedServer) -> Int {
      server.connections.load(ordering: .acquiring)
    }

    @Test(
      "A server that closes after each answer, and says so: a connection for each request, no error",
      arguments: ["HTTP/1.1 200 OK\r\nConnection: close\r\n", "HTTP/1.0 200 OK\r\n"])
    func closing(head: String) async throws {
      let answered = Counter()
      let server = try ScriptedServer { peer in
        guard try peer.request() != nil else { return }
        answered.add()
        try peer.send(head + "Content-Length: 2\r\n\r\nok")
        try peer.finish()
      }
      let outcome = try await Loading(server).requests(300, threads: 3, connections: 7).run()
      try await server.stop()
      #expect(outcome.result.requests == 300 && outcome.errors.total == 0)
      #expect(answered.count == 300 && Self.connections(server) == 300)
    }

    @Test("One whose answers end with the connection")
    func untilClose() async throws {
      let server = try ScriptedServer { peer in
        guard try peer.request() != nil else { return }
        try peer.send("HTTP/1.1 200 OK\r\n\r\nsome ")
        usleep(1_000)
        try peer.send("body")
        try peer.finish()
      }
      let outcome = try await Loading(server).requests(200, threads: 2, connections: 5).run()
      try await server.stop()
      #expect(outcome.result.requests == 200 && outcome.errors.total == 0)
      #expect(outcome.result.bytesReceived == 200 * "HTTP/1.1 200 OK\r\n\r\nsome body".utf8.count)
      #expect(Self.connections(server) == 200)
    }

    @Test(
      "One that closes after each answer and does not say so: what it answered counts, the rest is lost"
    )
    func closingInSilence() async throws {
      let answered = Counter()
      let server = try ScriptedServer { peer in
        guard try peer.request() != nil else { return }
        answered.add()
        try peer.answer()
      }
      let outcome = try await Loading(server).requests(300, threads: 2, connections: 5).run()
      try await server.stop()
      #expect(outcome.result.requests == answered.count)
      // Each was tried once: those that the server did not answer were sent as it closed.
      #expect(outcome.result.requests + outcome.errors.reset == 300, "\(outcome.errors)")
      #expect(outcome.errors.total == outcome.errors.reset)
    }

    @Test("One that closes between two requests: no request is lost by that")
    func closingWhileIdle() async throws {
      let server = try ScriptedServer { peer in
        guard try peer.request() != nil else { return }
        try peer.answer()
        // Seen before the next request is due.
        usleep(1_000)
      }
      var loading = try Loading(server).requests(15, connections: 1)
      loading.settings.rate = 10
      let outcome = try await loading.run()
      try await server.stop()
      // On a machine that is held up for a tenth of a second a request may meet the closing after all.
      #expect(outcome.result.requests + outcome.errors.reset == 15)
      #expect(outcome.errors.total == outcome.errors.reset && outcome.errors.reset <= 7)
    }

    @Test("HTTP/1.0 with keep-alive keeps its connections")
    func oldKeepAlive() async throws {
      let server = try ScriptedServer { peer in
        while try peer.request() != nil {
          try peer.send("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok")
        }
      }
      let outcome = try await Loading(server).requests(300, threads: 2, connections: 4).run()
      try await server.stop()
      #expect(outcome.result.requests == 300 && outcome.errors.total == 0)
      #expect(Self.connections(server) <= 4)
    }

    @Test("Asked to, it uses a connection once and says so")
    func noKeepAlive() async throws {
      let said = Counter()
      let server = try ScriptedServer { peer in
        guard let request = try peer.request() else { return }
        if request.head.contains("\r\nConnection: close") { said.add() }
        try peer.answer(200, "Connection: close")
        try peer.finish()
      }
      let outcome = try await Loading(server, keepsAlive: false).requests(100).run()
      try await server.stop()
      #expect(outcome.result.requests == 100 && said.count == 100)
    }

    @Test(
      "Requests behind an answer that ends the connection are sent again, and none is lost or counted twice",
      arguments: [false, true], [nil, 800.0])
    func pipelinedBehindClose(varies: Bool, rate: Double?) async throws {
      var generator = SeededGenerator.forTest()
      let seed = generator.next()
      let answered = Counter()
      let server = try ScriptedServer { peer in
        var random = SeededGenerator(seed: seed ^ UInt64(answered.count))
        for left in (0..<Int.random(in: 1...6, using: &random)).reversed() {
          guard try peer.request() != nil else { return }
          answered.add()
          try left == 0 ? peer.answer(200, "Connection: close") : peer.answer()
        }
        try peer.finish()
      }
      var description = RequestDescription()
      if varies { description.path = "/{{counter}}" }
      var loading = try Loading(server, description).requests(500, threads: 2, connections: 6)
      loading.settings.pipeline = 8
      loading.settings.rate = rate
      let outcome = try await loading.run()
      try await server.stop()
      #expect(outcome.result.requests == 500 && outcome.errors.total == 0, "\(outcome.errors)")
      #expect(answered.count == 500)
      if rate != nil { #expect(outcome.result.schedule?.scheduled == 500) }
      #expect((outcome.result.schedule?.lateStarts ?? 0) <= 500)
    }

    @Test("Resets in the middle of an answer lose that request, and what is behind it")
    func resets() async throws {
      let server = try ScriptedServer { peer in
        for _ in 0..<3 {
          guard try peer.request() != nil else { return }
          try peer.answer()
        }
        guard try peer.request() != nil else { return }
        try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        peer.willReset()
      }
      let outcome = try await Loading(server).requests(400, threads: 2, connections: 4).run()
      try await server.stop()
      #expect(outcome.result.requests + outcome.errors.reset == 400)
      // Three of four are answered; a last connection may not have come to its fourth.
      #expect(outcome.result.requests <= 300 + 4 * 3 && outcome.result.requests >= 300)
      #expect(outcome.errors.total == outcome.errors.reset)
    }

    @Test("Bodies of megabytes go out whole, while answers are waited for", arguments: [1, 4])
    func longBodies(pipeline: Int) async throws {
      let length = Atomic(0)
      let server = try ScriptedServer { peer in
        while let request = try peer.request() {
          length.add(request.body.count, ordering: .relaxed)
          try peer.answer()
        }
      }
      var description = RequestDescription()
      description.body = String(repeating: "0123456789", count: 300_000)
      var loading = try Loading(server, description).requests(12, connections: 2)
      loading.settings.pipeline = pipeline
      let outcome = try await loading.run()
      try await server.stop()
      #expect(outcome.result.requests == 12, "\(outcome.errors)")
      #expect(length.load(ordering: .acquiring) == 12 * 3_000_000)
    }

    @Test("Answers of megabytes are read to their end", arguments: [false, true])
    func longAnswers(isChunked: Bool) async throws {
      let body = [UInt8](repeating: 0x78, count: 3_000_000)
      let server = try ScriptedServer { peer in
        while try peer.request() != nil {
          if isChunked {
            try peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<3 {
              try peer.send("f4240\r\n")
              try peer.send(Array(body.prefix(1_000_000)))
              try peer.send("\r\n")
            }
            try peer.send("0\r\nTrailer: x\r\n\r\n")
          } else {
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n")
            try peer.send(body)
          }
        }
      }
      let outcome = try await Loading(server).requests(12, threads: 2, connections: 3).run()
      try await server.stop()
      #expect(outcome.result.requests == 12 && outcome.errors.total == 0)
      #expect(outcome.result.bytesReceived > 36_000_000)
    }

    @Test("Answers in pieces of a few bytes, interim ones before them")
    func smallPieces() async throws {
      let answer = Array(
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
          .utf8)
      let server = try ScriptedServer { peer in
        while try peer.request() != nil {
          for piece in answer.pieces(of: 9) {
            try peer.send(Array(piece))
            usleep(100)
          }
        }
      }
      let outcome = try await Loading(server).requests(100, threads: 2, connections: 4).run()
      try await server.stop()
      #expect(outcome.result.requests == 100 && outcome.result.statuses == [200: 100])
    }

    @Test("HEAD has no body, whatever length the answer has")
    func head() async throws {
      let server = try ScriptedServer { peer in
        while try peer.request() != nil {
          try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
        }
      }
      var description = RequestDescription()
      description.method = "HEAD"
      var loading = try Loading(server, description).requests(300)
      loading.settings.pipeline = 4
      let outcome = try await loading.run()
      try await server.stop()
      #expect(outcome.result.requests == 300 && outcome.errors.total == 0)
    }
  }
}
