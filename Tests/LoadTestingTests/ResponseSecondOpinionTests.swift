import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport
import Testing

@testable import LoadTesting

@Suite("What SwiftNIO's own decoder accepts as well means the same to both")
struct ResponseSecondOpinionTests {
  @Test("Status, keep-alive, Location and where bodies end, of valid and of damaged responses")
  func agreement() {
    var generator = ResponseGenerator(.forTest())
    generator.usesBareLineFeeds = false
    var both = 0
    for round in 0..<6_000 {
      let responses = generator.exchange()
      var bytes = responses.bytes
      if round % 3 == 0 {
        let place = generator.below(bytes.count)
        // Carriage returns alone are what each makes of them: RFC 9112, section 2.2.
        if bytes[place] != 0x0d, bytes[place] != 0x0a {
          bytes[place] = generator.pick([0x20, 0x3a, 0x0a, 0x30, 0x31, 0x2c, 0x41, 0x63])
        }
      }
      let ours = Self.answers(Parsed([bytes[...]], heads: responses.heads))
      let theirs = Self.decode(bytes, responses.heads)
      let what = String(decoding: bytes, as: UTF8.self).debugDescription
      for (mine, other) in zip(ours, theirs) {
        guard mine.isComplete, other.isComplete else { break }
        both += 1
        #expect(mine.head.status == Int(other.head.status.code), "\(what)")
        #expect(mine.head.keepsAlive == Self.keepsAlive(other.head), "\(what)")
        switch mine.head.framing {
        case .none: #expect(other.bodyBytes == 0, "\(what)")
        case .length(let length): #expect(other.bodyBytes == length, "\(what)")
        case .chunked, .untilClose: break
        }
        let locations = other.head.headers["location"]
        if locations.count < 2 {
          // It leaves blanks at the end, which RFC 9112, section 5, has taken off.
          #expect(
            mine.location.map { String(decoding: $0, as: UTF8.self) }
              == locations.first.map(Self.trimmed), "\(what)")
        }
        // After these, nobody goes on.
        if !mine.head.keepsAlive { break }
      }
      if round % 3 > 0 {
        // Nothing of a valid exchange is refused, up to where the connection ends. It does refuse some,
        // such as a tab behind a length.
        let untilEnd = responses.firstIndex { !$0.keepsAlive } ?? responses.count
        #expect(ours.count { $0.isComplete } >= untilEnd, "\(what)")
      }
    }
    #expect(both > 5_000)
  }

  static func keepsAlive(_ head: HTTPResponseHead) -> Bool {
    let options = head.headers["connection"].flatMap { $0.split(separator: ",") }.map {
      trimmed($0).lowercased()
    }
    if options.contains("close") { return false }
    return head.version != .http1_0 || options.contains("keep-alive")
  }

  static func trimmed(_ text: some StringProtocol) -> String {
    var text = text[...]
    while let first = text.first, " \t".contains(first) { text.removeFirst() }
    while let last = text.last, " \t".contains(last) { text.removeLast() }
    return String(text)
  }

  struct Mine {
    var head: ResponseHead
    var location: [UInt8]?
    var isComplete = false
  }

  static func answers(_ parsed: Parsed) -> [Mine] {
    var answers: [Mine] = []
    for event in parsed.events {
      switch event {
      case .head(let head, let location, _):
        if !head.isInterim { answers.append(Mine(head: head, location: location)) }
      case .ended: answers[answers.count - 1].isComplete = true
      case .malformed: break
      }
    }
    return answers
  }

  struct Theirs {
    var head: HTTPResponseHead
    var bodyBytes = 0
    var isComplete = false
  }

  static func decode(_ bytes: [UInt8], _ heads: [Bool]) -> [Theirs] {
    let channel = EmbeddedChannel(
      handler: ByteToMessageHandler(
        HTTPResponseDecoder(
          leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .forward)))
    // It has to know what was asked.
    for isHead in heads + [false, false] {
      let request = HTTPRequestHead(version: .http1_1, method: isHead ? .HEAD : .GET, uri: "/")
      _ = try? channel.writeOutbound(HTTPClientRequestPart.head(request))
      _ = try? channel.writeOutbound(HTTPClientRequestPart.end(nil))
    }
    _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
    var answers: [Theirs] = []
    while let part = try? channel.readInbound(as: HTTPClientResponsePart.self) {
      switch part {
      case .head(let head):
        // It takes 008 for a status that others follow.
        if head.status.code < 100 { return answers }
        if head.status.code >= 200 { answers.append(Theirs(head: head)) }
      case .body(let body):
        if !answers.isEmpty { answers[answers.count - 1].bodyBytes += body.readableBytes }
      case .end: if !answers.isEmpty { answers[answers.count - 1].isComplete = true }
      }
    }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    return answers
  }
}
