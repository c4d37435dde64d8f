import Testing

@testable import LoadTesting

extension EngineTests {
  @Suite("counts malformed answers as such")
  struct FaultTests {
    static func answer(with fault: ResponseFault) -> String {
      let head = "HTTP/1.1 200 OK\r\n"
      return switch fault {
      case .statusLine: "HTTQ/1.1 200 OK\r\n\r\n"
      case .field: head + "no colon\r\n\r\n"
      case .length: head + "Content-Length: 1x\r\n\r\n"
      case .twoLengths: head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
      case .headTooLong: head + "X: " + String(repeating: "y", count: 70_000)
      case .chunk: head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"
      case .unasked: head + "Content-Length: 2\r\n\r\nok more"
      case .upgrade: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"
      }
    }

    @Test("Each fault is told apart, and is never throughput", arguments: ResponseFault.allCases)
    func faults(fault: ResponseFault) async throws {
      let answer = Self.answer(with: fault)
      let server = try ScriptedServer { peer in
        guard try peer.request() != nil else { return }
        try peer.send(answer)
        // The client has to find out without the connection's end.
        try peer.wait()
      }
      let outcome = try await Loading(server).requests(12, threads: 2, connections: 4).run()
      try await server.stop()
      // What comes behind an answer was asked for by nobody; the answer itself was.
      #expect(outcome.result.requests == (fault == .unasked ? 12 : 0))
      #expect(outcome.errors.malformed == 12, "\(outcome.errors)")
      #expect(outcome.errors.total == 12)
      #expect(outcome.result.notes.contains("malformed: \(fault.rawValue) (12 times)"))
    }

    @Test("Among answers that are well, and with others behind them on the connection")
    func amongOthers() async throws {
      let server = try ScriptedServer { peer in
        for _ in 0..<9 {
          guard try peer.request() != nil else { return }
          try peer.answer()
        }
        guard try peer.request() != nil else { return }
        try peer.send("garbage in place of an answer")
        try peer.wait()
      }
      var loading = try Loading(server).requests(500, threads: 2, connections: 4)
      loading.settings.pipeline = 3
      let outcome = try await loading.run()
      try await server.stop()
      #expect(outcome.result.requests + outcome.errors.total == 500)
      #expect(outcome.errors.malformed > 0 && outcome.errors.timeout == 0)
      // Those behind it are lost with the connection, at most two each time.
      #expect(outcome.errors.reset <= 2 * outcome.errors.malformed)
      #expect(outcome.result.requests == outcome.result.statuses[200])
    }

    @Test("Short answers: the connection ends within a head, a body, a chunk")
    func short() async throws {
      for answer in [
        "HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "",
      ] {
        let server = try ScriptedServer { peer in
          guard try peer.request() != nil else { return }
          try peer.send(answer)
          try peer.finish()
        }
        let outcome = try await Loading(server).requests(8).run()
        try await server.stop()
        #expect(outcome.result.requests == 0 && outcome.errors.reset == 8, "\(outcome.errors)")
        #expect(outcome.errors.total == 8)
      }
    }
  }
}
