import TestSupport
import Testing

@testable import LinkServer

@Suite("A request's head is understood in one way or refused")
struct RequestParserTests {
  @Test("What follows the rules is accepted and says what was sent")
  func valid() throws {
    var generator = RequestGenerator(SeededGenerator.forTest())
    for _ in 0..<20_000 {
      let request = generator.valid()
      let parsed = Parsed(request.text + request.body)
      guard case .head(let head, let path, let query)? = parsed.events.first else {
        Issue.record("refused: \(request.text.debugDescription): \(parsed.events)")
        return
      }
      let what = request.text.debugDescription
      #expect(head.length == request.text.utf8.count, "\(what)")
      #expect(head.keepsAlive == request.keepsAlive, "\(what)")
      #expect(head.isHTTP10 == request.isHTTP10, "\(what)")
      #expect((head.method == .get) == (request.method == "GET"), "\(what)")
      #expect((head.method == .head) == (request.method == "HEAD"), "\(what)")
      #expect(parsed.left == 0, "\(what)")
      #expect(parsed.events.count == (head.body == .none ? 1 : 2), "\(what)")
      #expect(!parsed.events.contains(.badBody), "\(what)")
      if head.method != .other || !request.text.contains("://") {
        #expect(path == Array(request.path.utf8), "\(what)")
        #expect(query == request.query.map { Array($0.utf8) }, "\(what)")
        #expect(head.hasEscapes == request.path.contains("%"), "\(what)")
      }
    }
  }

  @Test("The pieces that a stream comes in make no difference")
  func splits() throws {
    var generator = RequestGenerator(SeededGenerator.forTest())
    for round in 0..<4_000 {
      var bytes: [UInt8] = []
      for _ in 0..<3 {
        if round % 2 == 0 || generator.chance(2) {
          let valid = generator.valid()
          bytes += Array((valid.text + valid.body).utf8)
        } else {
          bytes += generator.hostile()
        }
      }
      let whole = Parsed([bytes[...]])
      for _ in 0..<4 {
        let pieces = generator.split(bytes)
        let parsed = Parsed(pieces)
        #expect(
          parsed == whole, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
      }
    }
  }

  @Test("Every place to split one request gives the same")
  func everySplit() {
    let text =
      "\r\nGET http://a.b/c%20d?e=f HTTP/1.1\r\nHost: a.b\r\nConnection: close\r\nX: \u{fc}\t\r\n"
      + "Transfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nT: v\r\n\r\nHEAD / HTTP/1.0\r\n\r\n"
    let bytes = Array(text.utf8)
    let whole = Parsed([bytes[...]])
    #expect(whole.events.count == 3)
    for first in 0..<bytes.count {
      for second in first..<bytes.count {
        #expect(
          Parsed([bytes[..<first], bytes[first..<second], bytes[second...]]) == whole,
          "\(first) \(second)")
      }
    }
  }

  @Test(
    "What two servers could read in two ways is refused",
    arguments: [
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
      "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3 3\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551619\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n",
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
      "GET / HTTP/1.1\nHost: a\n\n",
      "GET / HTTP/1.1\r\nHost: a\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
      "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
      "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n\tX: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX\u{fc}: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7f}\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{1}\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
      "GET / http/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/11\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.10\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.\r\nHost: a\r\n\r\n",
      "GET /\r\n\r\n",
      "GET / \r\nHost: a\r\n\r\n",
      "GET HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
      " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "G\u{e9}T / HTTP/1.1\r\nHost: a\r\n\r\n",
      "\u{16}\u{3}\u{1}\u{2}",
      "PRI * HTTP/2.0\n\r\n\r\nSM\r\n\r\n",
    ])
  func refused(_ text: String) {
    let parsed = Parsed(text + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(parsed.refusal == .malformed)
    #expect(parsed.events.count == 1)
  }

  @Test("Another major version, an unknown expectation and too long ones have answers of their own")
  func otherRefusals() {
    #expect(Parsed("GET / HTTP/2.0\r\n\r\n").refusal == .unknownVersion)
    #expect(
      Parsed("GET / HTTP/1.1\r\nHost: a\r\nExpect: 200\r\n\r\n").refusal == .unknownExpectation)
    let end = " HTTP/1.1\r\nHost: a\r\n\r\n"
    let longest = RequestParser.maximumLine - "GET / HTTP/1.1".utf8.count
    #expect(Parsed("GET /" + String(repeating: "a", count: longest) + end).refusal == nil)
    #expect(
      Parsed("GET /" + String(repeating: "a", count: longest + 1) + end).refusal == .targetTooLong)
    #expect(Parsed(String(repeating: "A", count: 9000)).refusal == .targetTooLong)
    for filler in [
      "X: " + String(repeating: "b", count: 40_000), String(repeating: "X: b\r\n", count: 6000),
    ] {
      #expect(
        Parsed("GET / HTTP/1.1\r\nHost: a\r\n" + filler + "\r\n\r\n").refusal == .headTooLarge)
    }
    let before = "GET / HTTP/1.1\r\nHost: a\r\nX: "
    let room = RequestParser.maximumHead - before.utf8.count - 4
    for (count, isLarge) in [(room, false), (room + 1, true)] {
      let text = before + String(repeating: "c", count: count) + "\r\n\r\n"
      #expect((Parsed(text).refusal == .headTooLarge) == isLarge)
    }
  }

  @Test(
    "A body that is none is refused",
    arguments: [
      "x\r\n", "\r\n", "3\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "-1\r\n",
      "3 \r\nabc\r\n0\r\n\r\n",
      "fffffffffffffffff\r\n", "80000000\r\n", "0\r\n\n", "0\r\nX: \0\r\n\r\n", "3\r\nabc0\r\n\r\n",
      "1;\0\r\na\r\n0\r\n\r\n", "0\r\n X\r\n\r\n", ";a\r\n",
      "200000\r\n" + String(repeating: "a", count: 2 << 20),
    ])
  func badBody(_ body: String) {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(Parsed(head + body).events.last == .badBody)
  }

  @Test("Whatever comes is refused, understood or waited for")
  func hostile() {
    var generator = RequestGenerator(SeededGenerator.forTest())
    for round in 0..<20_000 {
      let bytes = round % 3 == 0 ? generator.random.bytes(round % 300) : generator.hostile()
      let parsed = Parsed([bytes[...]])
      #expect(parsed.left <= bytes.count)
      for case .head(let head, _, _) in parsed.events { #expect(head.length <= bytes.count) }
    }
  }
}
