import Bytes
import TestSupport
import Testing

@Suite("Gzip gives back what it was given, and errors for everything else")
struct GzipTests {
  @Test func roundTripAtEveryLevel() throws {
    var generator = SeededGenerator.forTest()
    for level in 0...9 {
      for size in [0, 1, 100, 70_000, 300_000] {
        let bytes = compressible(size, &generator)
        let compressed = try Gzip.compress(bytes, level: level)
        #expect(Gzip.isGzip(compressed))
        #expect(try Gzip.decompress(compressed) == bytes)
        #expect(try Gzip.compress(bytes, level: level) == compressed)
      }
    }
    #expect(throws: ByteError.self) { try Gzip.compress([], level: 10) }
    #expect(throws: ByteError.self) { try Gzip.compress([], level: -1) }
  }

  @Test func theHeaderSaysNothingOfWhereAndWhen() throws {
    // RFC 1952: magic, deflate, no flags, no time, extra flags, unknown operating system.
    let header = try Gzip.compress(Array("profile".utf8)).prefix(10)
    #expect(header == [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
  }

  @Test func theGzipProgramAgrees() throws {
    var generator = SeededGenerator.forTest()
    for size in [0, 1, 1000, 200_000] {
      let bytes = compressible(size, &generator)
      #expect(try Tool.run("/bin/gzip", ["-dc"], input: try Gzip.compress(bytes)) == bytes)
      #expect(try Gzip.decompress(try Tool.run("/bin/gzip", ["-c"], input: bytes)) == bytes)
    }
  }

  @Test func membersFollowOneAnother() throws {
    let first = try Gzip.compress(Array("one ".utf8))
    let second = try Gzip.compress(Array("two".utf8))
    #expect(try Gzip.decompress(first + second + first) == Array("one twoone ".utf8))
  }

  @Test func whatFollowsTheStreamIsAnError() throws {
    let compressed = try Gzip.compress(Array("profile".utf8))
    let error = #expect(throws: ByteError.self) {
      try Gzip.decompress(compressed + Array("garbage".utf8))
    }
    #expect(error?.offset == compressed.count)
    #expect(throws: ByteError.self) { try Gzip.decompress(compressed + [0]) }
  }

  @Test func aWrongChecksumIsAnError() throws {
    let compressed = try Gzip.compress(Array("profile".utf8))
    for position in compressed.count - 8..<compressed.count {
      var damaged = compressed
      damaged[position] ^= 1
      #expect(throws: ByteError.self) { try Gzip.decompress(damaged) }
    }
  }

  @Test func everyTruncationIsAnError() throws {
    var generator = SeededGenerator.forTest()
    let compressed = try Gzip.compress(compressible(3000, &generator))
    for length in compressed.indices {
      let error = #expect(throws: ByteError.self) {
        try Gzip.decompress(Array(compressed.prefix(length)))
      }
      #expect((error?.offset ?? .max) <= length)
    }
  }

  @Test func aBombIsStoppedAtTheLimit() throws {
    let bomb = try Gzip.compress([UInt8](repeating: 0, count: 5_000_000))
    #expect(bomb.count < 10_000)
    #expect(throws: ByteError.self) { try Gzip.decompress(bomb, limit: 4_999_999) }
    #expect(try Gzip.decompress(bomb, limit: 5_000_000).count == 5_000_000)
    #expect(throws: ByteError.self) { try Gzip.decompress(bomb + bomb, limit: 5_000_000) }
  }

  @Test func damageNeverTraps() throws {
    var generator = SeededGenerator.forTest()
    let compressed = try Gzip.compress(compressible(2000, &generator))
    for _ in 0..<5000 {
      var damaged = compressed
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let position = damaged.indices.randomElement(using: &generator) ?? 0
        damaged[position] = UInt8.random(in: 0...255, using: &generator)
      }
      _ = try? Gzip.decompress(damaged, limit: 1 << 20)
    }
    for count in 0..<2000 {
      _ = try? Gzip.decompress([0x1f, 0x8b] + generator.bytes(count % 64), limit: 1 << 20)
    }
  }

  /// Random words, some of them often.
}
