import TestSupport
import Testing

@testable import Symbols

@Suite("Kernel symbols and maps of generated code name what a plain search of the lines names")
struct MapParserTests {
  // MARK: Generated code

  /// The last line that covers the address, line by line.
  private static func plainPerfName(_ lines: [String], _ address: UInt64) -> String? {
    var found: String?
    for line in lines {
      let fields = line.split(separator: " ", maxSplits: 2)
      guard fields.count == 3, let start = UInt64(fields[0], radix: 16),
        let size = UInt64(fields[1], radix: 16), address >= start, address - start < size
      else { continue }
      found = String(fields[2])
    }
    return found
  }

  @Test("overlapping lines: the later counts")
  func perfMap() {
    var random = SeededGenerator.forTest()
    for _ in 0..<300 {
      let lines = (0..<Int.random(in: 0...30, using: &random)).map { number in
        let start = String(UInt64.random(in: 0...60, using: &random), radix: 16)
        let size = String(UInt64.random(in: 0...20, using: &random), radix: 16)
        return "\(start) \(size) function \(number)"
      }
      let map = PerfMap(text: Array(lines.joined(separator: "\n").utf8))
      for address: UInt64 in 0...90 {
        #expect(map.name(at: address) == Self.plainPerfName(lines, address), "\(lines)")
      }
    }
  }

  @Test("lines as runtimes write them")
  func perfLines() {
    let text = """
      7f0010 20 LazyCompile:~main /app/x.js:1
      0x00007f0000000100 0x0000000000000040 java.lang.String::hashCode
      ffffffffffffffff 1 wraps
      +10 20 signed
      7f0040 10
      nonsense
      7f0050 zz name
      ffffffffffffffffff 1 long
      """
    let map = PerfMap(text: Array(text.utf8))
    #expect(map.name(at: 0x7f0010) == "LazyCompile:~main /app/x.js:1")
    #expect(map.name(at: 0x7f002f) == "LazyCompile:~main /app/x.js:1")
    #expect(map.name(at: 0x7f0030) == nil)
    for address: UInt64 in [0, 0x10, 0x7f0040, 0x7f0050, .max, .max - 1] {
      #expect(map.name(at: address) == nil)
    }
  }

  // MARK: The kernel

  private static func plainKernelName(
    _ symbols: [(address: UInt64, type: Character, name: String)], _ address: UInt64
  ) -> String? {
    let functions = symbols.filter { "tTwW".contains($0.type) && $0.address != 0 }
    let below = functions.filter { $0.address <= address }
    guard let start = below.map(\.address).max() else { return nil }
    // The last function has no end: a megabyte is more than any has.
    let isLast = !functions.contains { $0.address > address }
    if isLast, address - start >= 1 << 20 { return nil }
    return below.last { $0.address == start }?.name
  }

  @Test("symbols in any order")
  func kernel() {
    var random = SeededGenerator.forTest()
    for _ in 0..<300 {
      let base: UInt64 = Bool.random(using: &random) ? 0xffff_ffff_8100_0000 : 0
      let symbols = (0..<Int.random(in: 0...30, using: &random)).map { number in
        (
          address: base + UInt64.random(in: 0...60, using: &random),
          type: Array("tTwWdDbBrRaA")[Int.random(in: 0..<12, using: &random)],
          name: "name_\(number)"
        )
      }
      let text = symbols.map { symbol in
        let digits = String(symbol.address, radix: 16)
        let padded = String(repeating: "0", count: 16 - digits.count) + digits
        return "\(padded) \(symbol.type) \(symbol.name)"
          + (Bool.random(using: &random) ? "\t[module]" : "")
      }.joined(separator: "\n")
      let kernel = KernelSymbols(text: Array(text.utf8), problem: nil)
      for offset: UInt64 in 0...80 {
        let wanted = Self.plainKernelName(symbols, base + offset)
        #expect(kernel.name(at: base + offset) == wanted, "\(text)")
      }
      #expect(kernel.name(at: base &+ (1 << 30)) == nil)
    }
  }

  @Test("hidden addresses are said to be hidden")
  func hidden() {
    let text = "0000000000000000 T start\n0000000000000000 t other\n"
    let kernel = KernelSymbols(text: Array(text.utf8), problem: nil)
    #expect(kernel.problem?.contains("kptr_restrict") == true)
    #expect(kernel.name(at: 0) == nil)
  }

  @Test("no bytes whatever trap")
  func hostile() {
    var random = SeededGenerator.forTest()
    let alphabet = Array("0123456789abcdefx tTwW\n\n\t[]+-._\u{e9}".utf8) + [0, 0xff]
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...120, using: &random)).map { _ in
        Bool.random(using: &random)
          ? alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
          : UInt8.random(in: 0...255, using: &random)
      }
      let kernel = KernelSymbols(text: bytes, problem: nil)
      let map = PerfMap(text: bytes)
      for address in [0, 1, 0x10, UInt64.random(in: 0...UInt64.max, using: &random), .max] {
        _ = kernel.name(at: address)
        _ = map.name(at: address)
      }
    }
  }
}
