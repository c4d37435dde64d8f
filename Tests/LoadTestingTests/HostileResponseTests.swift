import TestSupport
import Testing

@testable import LoadTesting

@Suite("No bytes of a server trap the parser, or have it go on for ever")
struct HostileResponseTests {
  /// Each step has to get on: no more of them than bytes, heads and pieces can explain.
  static func check(_ parsed: Parsed, _ bytes: [UInt8], pieces: Int) {
    #expect(parsed.steps <= bytes.count + 2 * parsed.events.count + pieces + 1)
    var last = 0
    for event in parsed.events {
      switch event {
      case .head(let head, _, let end):
        #expect(end > last && end <= bytes.count && head.length <= ResponseHead.maximumLength)
        last = end
      case .ended(let end):
        #expect(end >= last && end <= bytes.count)
        last = end
      case .malformed: break
      }
    }
  }

  @Test("Truncated, flipped, doubled and spliced responses")
  func mutations() {
    var generator = ResponseGenerator(.forTest())
    var kinds: Set<String> = []
    for _ in 0..<6_000 {
      var bytes = generator.exchange().bytes
      for _ in 0..<(1 + generator.below(4)) {
        guard !bytes.isEmpty else { break }
        let place = generator.below(bytes.count)
        switch generator.below(6) {
        case 0: bytes.removeSubrange(place...)
        case 1: bytes[place] ^= 1 << UInt8(generator.below(8))
        case 2: bytes[place] = generator.pick([0, 0x0d, 0x0a, 0x20, 0x3a, 0xff, 0x30, 0x2d])
        case 3: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
        case 4: bytes.remove(at: place)
        default: bytes.insert(contentsOf: generator.random.bytes(3), at: place)
        }
      }
      let heads = [generator.below(3) == 0]
      let whole = Parsed([bytes[...]], heads: heads)
      Self.check(whole, bytes, pieces: 1)
      let pieces = bytes.pieces(longest: 1 + generator.below(40), &generator.random)
      let split = Parsed(pieces, heads: heads)
      Self.check(split, bytes, pieces: pieces.count)
      #expect(split == whole, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
      kinds.insert(whole.fault?.rawValue ?? "fine")
    }
    // The mutations do reach what they are for.
    #expect(kinds.count >= 5, "\(kinds)")
  }

  @Test("Random bytes")
  func noise() {
    var random = SeededGenerator.forTest()
    for round in 0..<3_000 {
      var bytes = random.bytes(Int.random(in: 0...300, using: &random))
      if round % 2 == 0 {
        bytes = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8) + bytes
      }
      let pieces = bytes.pieces(longest: 50, &random)
      let parsed = Parsed(pieces)
      Self.check(parsed, bytes, pieces: pieces.count)
      #expect(parsed == Parsed([bytes[...]]))
    }
  }

  @Test(
    "An endless head is refused soon after 64 KiB, and no more of it is kept",
    arguments: [
      "A: b\r\n", "\u{0}: \u{0}\r\n", "x", "A: " + String(repeating: "y", count: 900) + "\n",
    ])
  func endlessHead(piece: String) {
    let piece = Array(piece.utf8)
    var bytes = Array("HTTP/1.1 200 OK\r\nB: ".utf8)
    while bytes.count < 200_000 { bytes += piece }
    // A field without a colon would be refused for that.
    let parsed = Parsed(bytes.pieces(of: 1_000))
    #expect(parsed.fault == .headTooLong)
    #expect(parsed.mostKept <= ResponseHead.maximumLength + 1_000)
  }

  @Test("An endless status line, chunk extension and trailer are refused")
  func endlessLines() {
    let rest = [UInt8](repeating: UInt8(ascii: "a"), count: 200_000)
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for (start, fault) in [
      ("HTTP/1.1 200 ", ResponseFault.headTooLong), (head + "1;", .chunk), (head + "0\r\n", .chunk),
    ] {
      let parsed = Parsed((Array(start.utf8) + rest).pieces(of: 1_000))
      #expect(parsed.fault == fault)
      #expect(parsed.mostKept <= ResponseHead.maximumLength + 1_000)
    }
  }

  @Test("The largest chunk there can be is passed over, and does not overflow")
  func hugeChunk() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for size in ["7fffffffffffffff", "ffffffffffffffff", "0000000000000000"] {
      #expect(Parsed([Array("\(head)\(size)\r\nabc".utf8)[...]]).fault == .chunk)
    }
    let parsed = Parsed([Array("\(head)fffffffffffffff\r\nabc".utf8)[...]])
    #expect(parsed.fault == nil && parsed.events.count == 1)
  }

  @Test("NULs and carriage returns alone")
  func oddBytes() {
    for text in [
      "\u{0}", "\r", "\r\r\r", "HTTP/1.1 200 OK\r", "HTTP/1.1 200 OK\rA: b\r\r",
      "HTTP/1.1 200 \u{0}\u{0}\r\nA\u{0}: \u{0}\r\n\r\n", "HTTP/1.1 200 OK\r\n\r",
    ] {
      let bytes = Array(text.utf8)
      for index in 0...bytes.count {
        Self.check(Parsed(bytes.split(at: index)), bytes, pieces: 2)
      }
    }
  }
}

extension [UInt8] {
  /// In pieces of `length` bytes.
  func pieces(of length: Int) -> [ArraySlice<UInt8>] {
    stride(from: 0, to: count, by: length).map { self[$0..<Swift.min(count, $0 + length)] }
  }
}
