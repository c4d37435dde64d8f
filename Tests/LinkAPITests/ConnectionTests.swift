import Foundation
import LinkAPI
import Links
import TestSupport
import Testing

@Suite("Connections of the API")
struct ConnectionTests {
  private func talk<Value: Sendable>(
    _ api: APIFixture, _ body: @escaping @Sendable (TestConnection) throws -> Value
  ) async throws -> Value {
    try await onOwnThread { [port = api.port] in try body(TestConnection(port: port)) }
  }

  /// What is answered to some bytes, before the connection is closed; nil if it stays open.
  private func lastAnswer(_ api: APIFixture, to text: String) async throws -> Answer {
    try await talk(api) { connection in
      try connection.send(text)
      let answer = try connection.answer()
      #expect(try connection.isAtEnd(), "the connection is closed: \(text.prefix(80))")
      return answer
    }
  }

  @Test("a connection takes one request after the other, also those that came with the first")
  func pipelining() async throws {
    let api = try await APIFixture()
    for index in 0..<8 {
      _ = try await api.store.create(
        NewLink(
          code: ShortCode(custom: "x\(index)"), destination: Destination("https://example.org/"),
          createdBy: nil))
    }
    let codes = try await talk(api) { connection in
      var random = SeededGenerator.forTest()
      var wanted: [String] = []
      var bytes: [UInt8] = []
      for _ in 0..<300 {
        let code = "x\(Int.random(in: 0..<8, using: &random))"
        wanted.append(code)
        bytes += TestRequest(method: "GET", path: path(code)).bytes
      }
      let all = bytes
      let sender = Thread { [connection = Unchecked(connection)] in
        var rest = all[...]
        while !rest.isEmpty {
          let piece = rest.prefix(Int.random(in: 1...4_000))
          try? connection.value.send(Array(piece))
          rest = rest.dropFirst(piece.count)
        }
      }
      sender.start()
      let answered = try wanted.map { _ in
        try connection.answer().object["short_code"] as? String
      }
      return zip(wanted, answered).filter { $0 != $1 }.map { "\($0) \($1 ?? "")" }
    }
    #expect(codes.isEmpty)
    await api.stop()
  }

  private struct Unchecked: @unchecked Sendable {
    let value: TestConnection
    init(_ value: TestConnection) { self.value = value }
  }

  @Test("HTTP/1.0 is closed unless it asks otherwise, HTTP/1.1 is kept unless it asks otherwise")
  func keepAlive() async throws {
    let api = try await APIFixture()
    for (head, isKept) in [
      ("GET /healthz HTTP/1.0\r\n\r\n", false),
      ("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true),
      ("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", true),
      ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", false),
      ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Close\r\n\r\n", false),
      ("GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", true),
      (
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        false
      ),
    ] {
      try await talk(api) { connection in
        try connection.send(head)
        let answer = try connection.answer()
        #expect(answer.status == 200, "\(head)")
        if isKept {
          #expect(answer.field("connection")?.lowercased() != "close")
          try connection.send(head)
          #expect(try connection.answer().status == 200)
        } else {
          #expect(answer.field("connection") == "close", "\(head)")
          #expect(try connection.isAtEnd(), "\(head)")
        }
      }
    }
    await api.stop()
  }

  @Test("what is no HTTP, or may be taken for two things, is refused in the one shape of errors")
  func malformed() async throws {
    let api = try await APIFixture()
    let body = #"{"url":"https://example.org/"}"#
    let post = "POST /api/urls HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    for text in [
      "GARBAGE\r\n\r\n", "GET\r\n\r\n", "GET /healthz HTTP/1.1\r\n\r\n",
      "GET /healthz HTTP/3.7\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: b\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nA\u{0}B: c\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\u{0}b\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX : b\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\n X: b\r\n\r\n",
      "FOO /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
      post + "Content-Length: \(body.utf8.count)\r\nTransfer-Encoding: chunked\r\n\r\n",
      post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
      post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
      post + "Content-Length: -1\r\n\r\n", post + "Content-Length: +5\r\n\r\n",
      post + "Content-Length: 5x\r\n\r\n", post + "Content-Length: 99999999999999999999999\r\n\r\n",
      post + "Transfer-Encoding: gzip, chunked\r\n\r\n",
      post + "Transfer-Encoding: identity\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\n5\r\nabcdefgh\r\n0\r\n\r\n",
      post.replacing("1.1", with: "1.0") + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
      let answer = try await lastAnswer(api, to: text)
      #expect(answer.status == 400 || answer.status == 413, "\(text): \(answer.status)")
      #expect(answer.error?.hasSuffix(".") == true && answer.field("x-request-id") != nil)
    }
    #expect(try await api.store.counts().links == 0)
    await api.stop()
  }

  @Test("what is refused behind requests that are answered is refused after them")
  func order() async throws {
    let api = try await APIFixture()
    try await talk(api) { connection in
      let good = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
      try connection.send(good + good + "GARBAGE\r\n\r\n" + good)
      #expect(try connection.answer().status == 200)
      #expect(try connection.answer().status == 200)
      #expect(try connection.answer().status == 400)
      #expect(try connection.isAtEnd())
    }
    await api.stop()
  }

  @Test("heads that are too large are refused, however large")
  func largeHeads() async throws {
    let api = try await APIFixture()
    let long = String(repeating: "a", count: 1_000_000)
    let many = (0..<200).map { "X-\($0): a\r\n" }.joined()
    for text in [
      "GET /api/urls/\(long) HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: \(long)\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\(long): x\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\(many)\r\n",
    ] {
      let answer = try await lastAnswer(api, to: text)
      #expect([414, 431].contains(answer.status), "\(text.prefix(60)): \(answer.status)")
      #expect(answer.error != nil)
    }
    await api.stop()
  }

  @Test("a client that waits for 100 (Continue) is told to go on, or why not")
  func expectations() async throws {
    let api = try await APIFixture()
    let body = #"{"url":"https://example.org/"}"#
    let head = "POST /api/urls HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    try await talk(api) { connection in
      try connection.send(
        head + "Expect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
      #expect(try connection.answer().status == 100)
      try connection.send(body)
      #expect(try connection.answer().status == 201)
      try connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(try connection.answer().status == 200)
    }
    let large = head + "Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n"
    #expect(try await lastAnswer(api, to: large).status == 413)
    let other = head + "Expect: a miracle\r\nContent-Length: 1\r\n\r\n"
    #expect(try await lastAnswer(api, to: other).status == 417)
    await api.stop()
  }

  @Test("a chunked body is a body, and its limit is one")
  func chunks() async throws {
    let api = try await APIFixture()
    let head =
      "POST /api/urls HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      + "Transfer-Encoding: chunked\r\n\r\n"
    try await talk(api) { connection in
      try connection.send(head)
      for byte in #"{"url":"https://example.org/"}"# { try connection.send("1\r\n\(byte)\r\n") }
      try connection.send("0\r\n\r\n")
      #expect(try connection.answer().status == 201)
    }
    let piece = "1000\r\n" + String(repeating: "a", count: 0x1000) + "\r\n"
    let answer = try await lastAnswer(api, to: head + String(repeating: piece, count: 300))
    #expect(answer.status == 413)
    await api.stop()
  }

  @Test("who is slow is told and let go")
  func slow() async throws {
    // Long enough for a busy machine to get the first bytes there in time.
    let api = try await APIFixture(settings: {
      $0.limits.headTime = .seconds(3)
      $0.limits.bodyTime = .seconds(3)
      $0.limits.idleTime = .seconds(3)
    })
    let post = "POST /api/urls HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"
    try await withThrowingTaskGroup(of: Void.self) { group in
      for text in ["G", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n", post, post + "{"] {
        group.addTask {
          let answer = try await lastAnswer(api, to: text)
          #expect(answer.status == 408, "\(text)")
        }
      }
      group.addTask {
        let isSilentlyLetGo = try await talk(api) { try $0.isAtEnd() }
        #expect(isSilentlyLetGo, "nothing was asked")
      }
      group.addTask {
        try await talk(api) { connection in
          try connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
          #expect(try connection.answer().status == 200)
          #expect(try connection.isAtEnd(), "idle for too long")
        }
      }
      try await group.waitForAll()
    }
    await api.stop()
  }

  @Test("who says no more is answered if all was said, and told if it was not")
  func halfClosed() async throws {
    let api = try await APIFixture()
    let post = "POST /api/urls HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"
    let get = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for (text, statuses) in [
      ("GET /hea", [400]), (post, [400]), (post + "{", [400]), (get, [200]),
      (get + get, [200, 200]), (get + get + post, [200, 200, 400]), ("", []),
    ] {
      try await talk(api) { connection in
        try connection.send(text)
        connection.finishSending()
        for status in statuses { #expect(try connection.answer().status == status, "\(text)") }
        #expect(try connection.isAtEnd(), "\(text)")
      }
    }
    await api.stop()
  }

  @Test("a byte at a time is a request all the same")
  func trickle() async throws {
    let api = try await APIFixture()
    try await talk(api) { connection in
      for byte in "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8 {
        try connection.send([byte])
      }
      #expect(try connection.answer().status == 200)
    }
    await api.stop()
  }

  @Test("more connections than may be wait for their turn")
  func limit() async throws {
    let api = try await APIFixture(settings: { $0.limits.connections = 2 })
    try await onOwnThread { [port = api.port] in
      let request = TestRequest(method: "GET", path: "/healthz").bytes
      var open = [try TestConnection(port: port), try TestConnection(port: port)]
      for connection in open {
        try connection.send(request)
        #expect(try connection.answer().status == 200)
      }
      let third = try TestConnection(port: port)
      try third.send(request)
      open.removeFirst()
      #expect(try third.answer().status == 200)
    }
    #expect(api.log.all.contains { $0.hasPrefix("warning: 2 connections") })
    await api.stop()
  }

  @Test("at the limit each place that is free is taken, and the log says it once")
  func placesFreed() async throws {
    let api = try await APIFixture(settings: { $0.limits.connections = 3 })
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          try await onOwnThread { [port = api.port] in
            for _ in 0..<100 {
              let connection = try TestConnection(port: port)
              try connection.send(TestRequest(method: "GET", path: "/healthz").bytes)
              #expect(try connection.answer().status == 200)
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(api.log.all.count { $0.hasPrefix("warning: 3 connections") } <= 2, "once a minute")
    await api.stop()
  }
}
