import Bytes
import TestSupport
import Testing

@Suite("zlib data of a known length is inflated whole, or not at all")
struct ZlibInflaterTests {
  /// What Python's zlib makes of it.
  private static func deflate(_ bytes: [UInt8], level: Int) throws -> [UInt8] {
    let script = """
      import sys, zlib
      sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read(), \(level)))
      """
    return try Tool.run("/usr/bin/env", ["python3", "-c", script], input: bytes)
  }

  private static func inflate(_ input: [UInt8], count: Int) throws -> [UInt8]? {
    let inflater = try #require(ZlibInflater())
    var output = [UInt8](repeating: 0xee, count: count)
    let isWhole = input.withUnsafeBytes { input in
      output.withUnsafeMutableBytes { inflater.inflate(input, into: $0) }
    }
    return isWhole ? output : nil
  }

  @Test("what Python deflated comes back, of its very length only")
  func roundTrip() throws {
    var generator = SeededGenerator.forTest()
    for size in [0, 1, 257, 70_000, 1_000_000] {
      let bytes = compressible(size, &generator)
      let deflated = try Self.deflate(bytes, level: Int.random(in: 0...9, using: &generator))
      #expect(try Self.inflate(deflated, count: size) == bytes)
      #expect(try Self.inflate(deflated, count: size + 1) == nil)
      if size > 0 { #expect(try Self.inflate(deflated, count: size - 1) == nil) }
    }
  }

  @Test("no damaged input is taken for whole")
  func damaged() throws {
    var generator = SeededGenerator.forTest()
    let bytes = compressible(5_000, &generator)
    let deflated = try Self.deflate(bytes, level: 6)
    for _ in 0..<2_000 {
      var damaged = deflated
      if Bool.random(using: &generator) {
        damaged.removeLast(Int.random(in: 1...damaged.count, using: &generator))
      } else {
        // Behind the two bytes of the header, some of which only describe how it was made.
        let position = Int.random(in: 2..<damaged.count, using: &generator)
        damaged[position] ^= 1 << UInt8.random(in: 0...7, using: &generator)
      }
      let found = try Self.inflate(damaged, count: bytes.count)
      // Some flips change nothing: of what is stored twice, the other copy may be meant.
      #expect(found == nil || found == bytes)
    }
    #expect(try Self.inflate([], count: 0) == nil)
  }
}
