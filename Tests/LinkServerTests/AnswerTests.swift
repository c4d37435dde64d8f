import Foundation
import LinkServer
import Links
import TestSupport
import Testing

@Suite("Every request gets the answer that is due, in order")
struct AnswerTests {
  @Test("Known, unknown, deactivated, the root, other methods; with and without a body")
  func statuses() async throws {
    let running = try await RunningServer()
    try await running.create("docs", "https://example.org/documentation?a=b#c")
    try await running.create("old", "https://example.org/old")
    _ = try await running.store.setActive(code: "old", false)
    let client = try running.connect()
    // Twice: from the database, then from the cache.
    for _ in 0..<2 {
      for method in ["GET", "HEAD"] {
        let isHead = method == "HEAD"
        func ask(_ target: String) throws -> Client.Answer {
          try client.send("\(method) \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
          return try client.answer(toHead: isHead)
        }
        let found = try ask("/docs?query")
        #expect(found.status == 308)
        #expect(found.location == "https://example.org/documentation?a=b#c")
        #expect(found.fields["cache-control"] == "private, max-age=90")
        #expect(found.fields["content-length"] == "0")
        #expect(found.fields["connection"] == nil)
        let missing = try ask("/Docs")
        #expect(missing.status == 404)
        #expect(missing.fields["content-type"]?.hasPrefix("text/plain") == true)
        #expect(missing.body.isEmpty == isHead)
        #expect(try ask("/old").status == 410)
        let root = try ask("/")
        #expect(root.status == 200)
        #expect(root.body == (isHead ? "" : #"{"status":"OK"}"#))
        #expect(root.fields["content-length"] == "15")
      }
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"] {
      try client.send("\(method) /docs HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /")
      let answer = try client.answer()
      #expect(answer.status == 405)
      #expect(answer.fields["allow"] == "GET, HEAD")
    }
    // Two GETs of docs, and nothing else, are clicks.
    #expect(running.answered(.permanentRedirect) == 4)
    #expect(try await running.stop() == 2)
  }

  @Test("The date is now, in the form of RFC 9110")
  func date() async throws {
    let running = try await RunningServer()
    let client = try running.connect()
    try client.send(get("/"))
    let text = try #require(try client.answer().fields["date"])
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "GMT")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    let date = try #require(format.date(from: text))
    #expect(abs(date.timeIntervalSinceNow) < 5)
    #expect(format.string(from: date) == text)
    try await running.stop()
  }

  @Test("Codes are percent-decoded in any case, may have slashes, and are told apart byte by byte")
  func codes() async throws {
    let running = try await RunningServer()
    try await running.create("a/b", "https://example.org/1")
    try await running.create("gr\u{fc}n-\u{1f33f}", "https://example.org/2")
    try await running.create("~x", "https://example.org/3")
    let client = try running.connect()
    for _ in 0..<2 {
      for (target, expected) in [
        ("/a/b", "1"), ("/a%2fb", "1"), ("/a%2Fb", "1"), ("/%61%2F%62?x=%zz", "1"),
        ("/gr%c3%bcn-%F0%9f%8C%bf", "2"), ("/gr\u{fc}n-\u{1f33f}", "2"), ("/%7ex", "3"),
        ("http://elsewhere/~x", "3"), ("HTTP://elsewhere:80/a/b?c", "1"),
      ] {
        try client.send(get(target))
        let answer = try client.answer()
        #expect(answer.status == 308, "\(target)")
        #expect(answer.location == "https://example.org/" + expected, "\(target)")
      }
      for target in ["/A/b", "/a%252Fb", "/%ff", "/a%00", "/a/b/", "//a/b", "/gru\u{308}n", "/%c3"]
      {
        try client.send(get(target))
        #expect(try client.answer().status == 404, "\(target)")
      }
    }
    for target in ["/%", "/a%2", "/%zz", "/a%b", "/%%41"] {
      let client = try running.connect()
      try client.send(get(target))
      #expect(try client.answer().status == 400, "\(target)")
      #expect(try client.hasEnded())
    }
    try await running.stop()
  }

  @Test("Whatever a destination holds, nothing of it ends its field")
  func unsafeDestinations() async throws {
    var random = SeededGenerator.forTest()
    let running = try await RunningServer()
    let client = try running.connect()
    for number in 0..<400 {
      let count = Int.random(in: 1...(number % 8 == 0 ? 9000 : 120), using: &random)
      var text = String.UnicodeScalarView()
      for _ in 0..<count {
        let value = UInt32.random(in: number % 2 == 0 ? 1...0x7f : 1...0x2fff, using: &random)
        text.append(Unicode.Scalar(value) ?? "\r")
      }
      let destination = String(text)
      // From the store's answer, then from the cache.
      let target = Target(
        id: 1, destination: destination, isActive: true, version: 1)
      running.cache.install(target, for: "d\(number)")
      try client.send(get("/d\(number)"))
      let answer = try client.answer()
      #expect(answer.status == 308)
      let location = try #require(answer.location)
      #expect(location.utf8.allSatisfy { 0x21...0x7e ~= $0 })
      #expect(Self.decoded(location) == Self.decoded(destination))
      #expect(Set(answer.fields.keys) == ["date", "content-length", "cache-control", "location"])
    }
    running.cache.install(Target(id: 1, destination: "", isActive: true, version: 1), for: "empty")
    try client.send(get("/empty"))
    #expect(try client.answer().status == 500)
    try await running.stop()
  }

  /// Percent-encoding undone, as far as it is one.
  static func decoded(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    var decoded: [UInt8] = []
    var index = 0
    while index < bytes.count {
      let digits = String(decoding: bytes[index...].dropFirst().prefix(2), as: UTF8.self)
      if bytes[index] == UInt8(ascii: "%"), digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
        let byte = UInt8(digits, radix: 16)
      {
        decoded.append(byte)
        index += 3
      } else {
        decoded.append(bytes[index])
        index += 1
      }
    }
    return decoded
  }

  @Test("Queries are forwarded, and timing is told, if that is switched on")
  func options() async throws {
    let running = try await RunningServer {
      $0.forwardsQuery = true
      $0.hasTimingFields = true
      $0.redirectStatus = .found
      $0.maximumAge = 5
    }
    try await running.create("a", "https://example.org/p")
    try await running.create("b", "https://example.org/p?x=1#top")
    let client = try running.connect()
    for isHit in [false, true] {
      for (target, expected) in [
        ("/a", "p"), ("/a?y=2", "p?y=2"), ("/b?y=\u{fc}", "p?x=1&y=%C3%BC#top"), ("/a?", "p"),
        ("/b?", "p?x=1#top"),
      ] {
        try client.send(get(target))
        let answer = try client.answer()
        #expect(answer.status == 302)
        #expect(answer.fields["cache-control"] == "private, max-age=5")
        #expect(answer.location == "https://example.org/" + expected)
        if isHit { #expect(answer.fields["x-lynx-cache-hit"] == "true") }
        let total = Int(answer.fields["x-lynx-timing-total-us"] ?? "") ?? -1
        let parts = ["cache", "db"].map { Int(answer.fields["x-lynx-timing-\($0)-us"] ?? "") ?? -1 }
        #expect(parts.allSatisfy { 0...total ~= $0 })
      }
    }
    try await running.stop()
  }

  @Test("HTTP/1.0, keep-alive, Expect and bodies leave the connection as they should")
  func connections() async throws {
    let running = try await RunningServer()
    try await running.create("a", "https://example.org/")
    func exchange(_ text: String, ends: Bool, _ status: Int = 308) throws {
      let client = try running.connect()
      try client.send(text)
      let answer = try client.answer()
      #expect(answer.status == status, "\(text)")
      if ends { return #expect(try client.hasEnded(), "\(text)") }
      try client.send(get("/a"))
      #expect(try client.answer().status == 308, "\(text)")
    }
    try exchange("GET /a HTTP/1.0\r\n\r\n", ends: true)
    try exchange("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", ends: false)
    try exchange(get("/a", "Connection: close"), ends: true)
    try exchange(get("/a", "Content-Length: 26") + "GET /smuggled HTTP/1.1\r\n\r\n", ends: false)
    try exchange(
      get("/a", "Transfer-Encoding: chunked") + "5;x=y\r\nGET /\r\n0\r\nT: v\r\n\r\n", ends: false)
    try exchange(get("/a", "Expect: 100-continue"), ends: false)
    try exchange(get("/a", "Expect: 100-continue", "Content-Length: 9"), ends: true)
    try exchange(get("/a", "Expect: tea"), ends: true, 417)
    try exchange(get("/a", "Transfer-Encoding: chunked") + "nonsense", ends: true)
    try exchange(get("/a", "Content-Length: 9000000"), ends: true)
    try exchange("GET / HTTP/3.0\r\n\r\n", ends: true, 505)
    try exchange("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", ends: false, 405)
    try await running.stop()
  }

  @Test("Refusals of a HEAD have the head of the same refusal of a GET, and no body")
  func refusedHeads() async throws {
    let running = try await RunningServer()
    for (rest, status) in [
      ("/%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("/ HTTP/1.1\r\n\r\n", 400),
      ("/ HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417), ("/ HTTP/2.0\r\n\r\n", 505),
      ("/" + String(repeating: "x", count: 9000) + " HTTP/1.1\r\n\r\n", 414),
      ("/ HTTP/1.1\r\nX: " + String(repeating: "x", count: 40_000) + "\r\n\r\n", 431),
    ] {
      for start in ["", "\r\n"] {
        var fields: [[String: String]] = []
        for method in ["GET", "HEAD"] {
          let client = try running.connect()
          try client.send("\(start)\(method) \(rest)")
          var answer = try client.answer(toHead: method == "HEAD")
          #expect(answer.status == status, "\(rest.prefix(80))")
          #expect(answer.body.isEmpty == (method == "HEAD"))
          #expect(try client.hasEnded(), "\(method) \(rest.prefix(80))")
          answer.fields["date"] = nil
          fields.append(answer.fields)
        }
        #expect(fields[0] == fields[1])
        #expect(fields[0]["content-length"] != "0")
      }
    }
    try await running.stop()
  }

  @Test("A megabyte of a code, or of a head, is refused and the answer can be read")
  func tooLarge() async throws {
    let running = try await RunningServer()
    let megabyte = String(repeating: "x", count: 1 << 20)
    for (text, status) in [
      (get("/" + megabyte), 414), (get("/a", "X: " + megabyte), 431), (megabyte, 414),
    ] {
      let client = try running.connect()
      try client.send(text)
      let answer = try client.answer()
      #expect(answer.status == status)
      #expect(answer.fields["connection"] == "close")
      #expect(!answer.body.isEmpty)
      #expect(try client.hasEnded())
    }
    try await running.stop()
  }
}
