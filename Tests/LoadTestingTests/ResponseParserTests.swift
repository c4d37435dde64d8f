import TestSupport
import Testing

@testable import LoadTesting

@Suite("Responses are read for what they are, however they arrive")
struct ResponseParserTests {
  @Test("Status, framing, keep-alive, Location and end of each generated response")
  func meaning() {
    var generator = ResponseGenerator(.forTest())
    for _ in 0..<3_000 {
      let responses = generator.exchange()
      let parsed = Parsed([responses.bytes[...]], heads: responses.heads)
      var events = parsed.events[...]
      var end = 0
      let what = String(decoding: responses.bytes, as: UTF8.self).debugDescription
      for response in responses {
        end += response.bytes.count
        for status in response.interims {
          guard case .head(let head, _, _)? = events.popFirst() else {
            Issue.record("no interim response: \(what)")
            return
          }
          #expect(head.status == status && head.isInterim, "\(what)")
        }
        guard case .head(let head, let location, let bodyStart)? = events.popFirst() else {
          Issue.record("no head: \(what)")
          return
        }
        #expect(head.status == response.status, "\(what)")
        #expect(head.framing == response.framing, "\(what)")
        #expect(head.keepsAlive == response.keepsAlive, "\(what)")
        #expect(location == response.location, "\(what)")
        if response.framing == .untilClose {
          #expect(parsed.endsWithConnection && events.isEmpty, "\(what)")
          #expect(bodyStart + response.content == end)
        } else {
          #expect(events.popFirst() == .ended(at: end), "\(what)")
        }
      }
      #expect(events.isEmpty, "\(what)")
    }
  }

  @Test("Split at every position, and in random pieces, the steps are the same")
  func splits() {
    var generator = ResponseGenerator(.forTest())
    for _ in 0..<150 {
      let responses = generator.exchange()
      let bytes = responses.bytes
      let whole = Parsed([bytes[...]], heads: responses.heads)
      for index in 0...bytes.count {
        let split = Parsed(bytes.split(at: index), heads: responses.heads)
        guard split == whole else {
          Issue.record(
            "split at \(index): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
          return
        }
      }
      for longest in [1, 2, 5, 50] {
        let pieces = bytes.pieces(longest: longest, &generator.random)
        #expect(Parsed(pieces, heads: responses.heads) == whole)
      }
    }
  }

  @Test(
    "What is no response is refused, and says why",
    arguments: [
      ("HTTQ/1.1 200 OK\r\n\r\n", ResponseFault.statusLine),
      ("http/1.1 200 OK\r\n\r\n", .statusLine), ("HTTP/2.0 200 OK\r\n\r\n", .statusLine),
      ("HTTP/1.1  200 OK\r\n\r\n", .statusLine), ("HTTP/1.1 20 OK\r\n\r\n", .statusLine),
      ("HTTP/1.1 2000 OK\r\n\r\n", .statusLine), ("HTTP/1.1 099 OK\r\n\r\n", .statusLine),
      ("HTTP/1.1 -20 OK\r\n\r\n", .statusLine), ("\r\nHTTP/1.1 200 OK\r\n\r\n", .statusLine),
      ("HTTP/1.x 200 OK\r\n\r\n", .statusLine), ("HTTP/1.1 200OK\r\n\r\n", .statusLine),
      ("SSH-2.0-OpenSSH_9.2\r\n", .statusLine), ("<html>", .statusLine),
      ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", .field), ("HTTP/1.1 200 OK\r\n: b\r\n\r\n", .field),
      ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", .field), ("HTTP/1.1 200 OK\r\nA\t: b\r\n\r\n", .field),
      ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", .field),
      ("HTTP/1.1 200 OK\r\n A: b\r\n\r\n", .field),
      ("HTTP/1.1 200 OK\r\nA: b\r\n\rX\r\n", .field),
      ("HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n", .length),
      ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .length),
      ("HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n", .length),
      ("HTTP/1.1 200 OK\r\nContent-Length: 1 1\r\n\r\n", .length),
      ("HTTP/1.1 200 OK\r\nContent-Length: 0x10\r\n\r\n", .length),
      ("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", .length),
      ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", .length),
      ("HTTP/1.1 200 OK\r\nContent-Length: 12345678901234567890\r\n\r\n", .length),
      ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", .length),
      ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", .twoLengths),
      ("HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n", .upgrade),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", .chunk),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", .chunk),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ng\r\n", .chunk),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\rX", .chunk),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", .chunk),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\r\n", .chunk),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n", .chunk),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\rX", .chunk),
    ])
  func faults(text: String, fault: ResponseFault) {
    let bytes = Array(text.utf8)
    #expect(Parsed([bytes[...]]).fault == fault)
    #expect(Parsed(bytes.indices.map { bytes[$0...$0] }).fault == fault, "byte by byte")
  }

  @Test("An unknown last coding, or no length, means that the body ends with the connection")
  func untilClose() {
    for fields in ["", "Transfer-Encoding: gzip\r\n", "Transfer-Encoding: chunked, br\r\n"] {
      let bytes = Array("HTTP/1.1 200 OK\r\n\(fields)\r\nHTTP/1.1 200 OK\r\n\r\n".utf8)
      let parsed = Parsed([bytes[...]])
      #expect(parsed.endsWithConnection && parsed.events.count == 1)
    }
  }

  @Test("The answer to a HEAD has no body, whatever it says; the next response follows at once")
  func head() {
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
    let bytes = Array((text + text + "x").utf8)
    let parsed = Parsed([bytes[...]], heads: [true, false])
    #expect(parsed.events.count == 3)
    #expect(parsed.events[1] == .ended(at: text.utf8.count))
    #expect(!parsed.endsWithConnection && parsed.fault == nil)
  }

  @Test("A length of eighteen digits is one")
  func longLength() {
    let bytes = Array("HTTP/1.1 200 OK\r\nContent-Length: 999999999999999999\r\n\r\nabc".utf8)
    guard case .head(let head, _, _)? = Parsed([bytes[...]]).events.first else {
      Issue.record("no head")
      return
    }
    #expect(head.framing == .length(999_999_999_999_999_999))
  }
}
