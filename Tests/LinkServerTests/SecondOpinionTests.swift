import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport
import Testing

@testable import LinkServer

@Suite("What SwiftNIO's own decoder accepts as well means the same to both")
struct SecondOpinionTests {
  @Test("Targets, versions, keep-alive and where bodies end")
  func agreement() throws {
    var generator = RequestGenerator(SeededGenerator.forTest())
    var both = 0
    for round in 0..<6_000 {
      var bytes: [UInt8] = []
      for _ in 0..<3 {
        if round % 3 > 0 {
          let valid = generator.valid()
          bytes += Array((valid.text + valid.body).utf8)
        } else {
          bytes += generator.hostile()
        }
      }
      let ours = Parsed([bytes[...]])
      let theirs = Self.decode(bytes)
      let what = String(decoding: bytes, as: UTF8.self).debugDescription
      for (event, request) in zip(Self.requests(ours), theirs) {
        guard request.isComplete, event.isComplete else { break }
        both += 1
        let target = event.query.map { event.path + "?" + $0 } ?? event.path
        if event.head.method == .get || event.head.method == .head {
          // An absolute target may have a query and no path.
          let isFound =
            request.head.uri.hasSuffix("/" + target)
            || event.path.isEmpty && request.head.uri.hasSuffix(target)
          #expect(isFound, "\(what)")
        }
        #expect(Self.keepsAlive(request.head) == event.head.keepsAlive, "\(what)")
        #expect((request.head.version == .http1_0) == event.head.isHTTP10, "\(what)")
        #expect((request.head.method == .GET) == (event.head.method == .get), "\(what)")
        if case .length(let length) = event.head.body {
          #expect(request.bodyBytes == length, "\(what)")
        }
        if event.head.body == .none { #expect(request.bodyBytes == 0, "\(what)") }
        // After these, nobody goes on.
        if !event.head.keepsAlive || request.head.method == .CONNECT { break }
      }
    }
    #expect(both > 2_000)
  }

  /// By the fields it read (RFC 9112, section 9.3); it does not itself take a space and a tab behind an
  /// option for what RFC 9110, section 5.6.3, says they are.
  static func keepsAlive(_ head: HTTPRequestHead) -> Bool {
    let options = head.headers["connection"].flatMap { $0.split(separator: ",") }.map { option in
      var option = option
      while let first = option.first, " \t".contains(first) { option.removeFirst() }
      while let last = option.last, " \t".contains(last) { option.removeLast() }
      return option.lowercased()
    }
    if options.contains("close") { return false }
    return head.version != .http1_0 || options.contains("keep-alive")
  }

  struct Ours {
    var head: RequestHead
    var path: String
    var query: String?
    var isComplete: Bool
  }

  static func requests(_ parsed: Parsed) -> [Ours] {
    var requests: [Ours] = []
    for event in parsed.events {
      switch event {
      case .head(let head, let path, let query):
        requests.append(
          Ours(
            head: head, path: String(decoding: path, as: UTF8.self),
            query: query.map { String(decoding: $0, as: UTF8.self) },
            isComplete: head.body == .none))
      case .body: requests[requests.count - 1].isComplete = true
      case .refused, .badBody: break
      }
    }
    return requests
  }

  struct Theirs {
    var head: HTTPRequestHead
    var bodyBytes = 0
    var isComplete = false
  }

  static func decode(_ bytes: [UInt8]) -> [Theirs] {
    let channel = EmbeddedChannel(
      handler: ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
    _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
    var requests: [Theirs] = []
    while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
      switch part {
      case .head(let head): requests.append(Theirs(head: head))
      case .body(let body): requests[requests.count - 1].bodyBytes += body.readableBytes
      case .end: requests[requests.count - 1].isComplete = true
      }
    }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    return requests
  }
}
