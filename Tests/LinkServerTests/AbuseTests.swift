import Glibc
import LinkServer
import LinuxSystem
import TestSupport
import Testing

@Suite("Who breaks the rules is answered once and shown out; nobody else notices")
struct AbuseTests {
  @Test("Of two requests that may be one, none is served: one refusal, then the end")
  func smuggling() async throws {
    let running = try await RunningServer()
    try await running.create("smuggled", "https://example.org/")
    let inner = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    let chunked = "0\r\n\r\n"
    let lengths = "Content-Length: \(inner.utf8.count)"
    var attempts: [(what: String, status: Int)] = []
    for fields in [
      "\(lengths)\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\n\(lengths)",
      "\(lengths)\r\n\(lengths)", "Content-Length: 0\r\n\(lengths)", "Content-Length: 0, 5",
      "Content-Length : 5", "Content-Length:\u{b}5", "Content-Length: 5\u{0}", "content-length: +5",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding: identity",
      "Transfer-Encoding: \u{b}chunked", "Transfer-Encoding: chunked, identity",
      "Transfer-Encoding:\r\n chunked", "Transfer-Encoding\t: chunked", "X: y\nContent-Length: 5",
      "X: y\rContent-Length: 5", " X: y", "X: y\r\n z", "Host: b", "X\u{0}: y", "X: \u{0}",
      "\u{e4}: y", ": y", "X",
    ] {
      for method in ["GET", "POST"] {
        let text = "\(method) /smuggled HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n"
        attempts.append((text + chunked + inner, 400))
      }
    }
    for (target, status) in [
      ("/a b", 400), ("/a\u{0}", 400), ("/a\tb", 400), ("/a#b", 400), ("a", 400), ("*", 400),
      ("http://", 400), ("https://a@b/", 400), ("/%0", 400), ("/%0g", 400),
    ] {
      attempts.append(("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n" + inner, status))
    }
    for line in ["GET /smuggled", "GET /smuggled HTTP/1.1\n", "GET /smuggled HTTP/0.9\r\n"] {
      attempts.append((line + inner, line.contains("0.9") ? 505 : 400))
    }
    let all = attempts
    try await onThread { () throws in
      for (text, status) in all {
        let client = try running.connect()
        try client.send(text)
        let answer = try client.answer()
        #expect(answer.status == status, "\(text.debugDescription)")
        #expect(answer.fields["connection"] == "close", "\(text.debugDescription)")
        #expect(try client.hasEnded(), "\(text.debugDescription)")
      }
    }
    #expect(running.answered(.permanentRedirect) == 0)
    #expect(running.server.statistics.connectionEnds[.refused] == UInt64(all.count))
    #expect(try await running.stop() == 0)
  }

  @Test(
    "Floods of fields, of one field, of a code and of bodies are cut off; the answer can be read")
  func floods() async throws {
    let running = try await RunningServer { $0.lingerTimeout = 20 }
    try await running.create("a", "https://example.org/")
    let megabyte = String(repeating: "x", count: 1 << 20)
    let fields = (0..<60_000).map { "X\($0): y\r\n" }.joined()
    for (text, statuses) in [
      ("GET /a HTTP/1.1\r\nHost: a\r\n" + fields, [431]),
      ("GET /a HTTP/1.1\r\nHost: a\r\nX: " + megabyte, [431]),
      ("GET /a HTTP/1.1\r\nHost: a\r\n" + megabyte, [431]),
      ("GET /\(megabyte)", [414]), ("GET /a?\(megabyte)", [414]), (megabyte, [414]),
      ("GET /" + String(repeating: "%41", count: 300_000), [414]),
      // A body of a megabyte is passed over; one that is longer ends the connection.
      (
        get("/a", "Content-Length: \(1 << 20)") + megabyte + get("/", "Connection: close"),
        [308, 200]
      ),
      (get("/a", "Content-Length: \(1 << 20 + 1)") + megabyte + "x" + get("/"), [308]),
      (get("/a", "Transfer-Encoding: chunked") + "100000;" + megabyte + megabyte, [308]),
    ] {
      let client = try running.connect()
      try await onThread { () throws in
        try client.send(text)
        for status in statuses {
          let answer = try client.answer()
          #expect(answer.status == status, "\(text.prefix(80))")
          if status >= 400 { #expect(answer.fields["connection"] == "close") }
        }
        #expect(try client.hasEnded(evenByReset: false), "\(text.prefix(80))")
      }
    }
    try await running.stop()
  }

  @Test("A byte a second, in a head, a chunk's size or a body, does not keep a connection")
  func trickle() async throws {
    let running = try await RunningServer { $0.requestTimeout = 3 }
    let start = Clock.monotonicNanoseconds
    let beginnings = [
      "", "GET /", "GET / HTTP/1.1\r\nHost: a\r\nX: ", get("/", "Content-Length: 100"),
      get("/", "Transfer-Encoding: chunked"), get("/", "Transfer-Encoding: chunked") + "99\r\n",
    ]
    let load = Load()
    for beginning in beginnings {
      try load.start { load in
        let client = try running.connect()
        try client.send(beginning)
        for _ in 0..<40 {
          // Zeros are part of any of these.
          guard (try? client.send("0")) != nil else {
            let took = Clock.monotonicNanoseconds - start
            if took < 3_000_000_000 { load.fail("\(beginning) ended after \(took) ns") }
            return
          }
          sleep(1)
        }
        load.fail("\(beginning) did not end")
      }
    }
    // Others are served meanwhile.
    let client = try running.connect()
    while load.count > 0 {
      try client.send(get("/"))
      #expect(try client.answer().status == 200)
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(load.failed.isEmpty, "\(load.failed)")
    #expect(running.server.statistics.connectionEnds[.slowRequest] == UInt64(beginnings.count))
    try await running.stop()
  }

  @Test(
    "Codes of any bytes are looked up as what they are, and are text in the database or nothing")
  func codes() async throws {
    var random = SeededGenerator.forTest()
    let running = try await RunningServer()
    let codes = ["\u{e4}", "\u{1f600}/x", "a~b", "\u{5d0}\u{5d1}"]
    for code in codes { try await running.create(code, "https://example.org/") }
    let client = try running.connect()
    for _ in 0..<2000 {
      var bytes = Array((codes.randomElement(using: &random) ?? "").utf8)
      let isChanged = Bool.random(using: &random)
      if isChanged {
        let place = Int.random(in: 0...bytes.count, using: &random)
        bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
      }
      let target = bytes.map { byte in
        let digits = String(byte, radix: 16, uppercase: Bool.random(using: &random))
        return "%" + (byte < 16 ? "0" : "") + digits
      }
      try client.send(get("/" + target.joined()))
      let isKnown = codes.contains { Array($0.utf8) == bytes }
      #expect(try client.answer().status == (isKnown ? 308 : 404), "\(bytes)")
    }
    try await running.stop()
  }
}
