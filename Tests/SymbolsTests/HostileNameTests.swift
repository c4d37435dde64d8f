import TestSupport
import Testing

@testable import Symbols

@Suite("No name, however damaged, traps, hangs or comes out empty")
struct HostileNameTests {
  static let seeds = [
    "$s4main5helloyySS_SitF", "$sSS9hasPrefixySbSSF", "$ss5print_9separator10terminatoryypd_S2StF",
    "_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "_RNvCs1234_7mycrate3foo",
    "_RNvMs0_NtCs5QSzbdTRDWN_5alloc3vecINtB5_3VechE4push",
    "_ZNSt6vectorIiSaIiEE9push_backEOi", "_ZZ4mainENKUlimE_clEim", "_ZN12_GLOBAL__N_11fEv",
    "_ZStlsISt11char_traitsIcEERSt13basic_ostreamIcT_ES5_PKc", "plain.constprop.0.isra.1",
  ]
  static let texts = [
    "static Swift.Int.< infix(Swift.Int, Swift.Int) -> Swift.Bool",
    "closure #1 (A) -> B in M.(f in _12AB)<A, B>(label: A, _: B) -> (A) -> B",
    "protocol witness for M.P.read() -> () in conformance <A> M.T<A>.U : M.P in N",
    "outlined copy of Swift.Optional<Swift.Dictionary<Swift.String, (extension in M):M.T<A>>>",
    "(3) suspend resume partial function for M.T.f@Sendable (x: Swift.Int) async -> ()",
    "helper #1 <A>(of: A) -> () in M.`a b`.init(from: Swift.Decoder) throws -> M.T",
    "generic specialization <Swift.Int, [A]> of (extension in M):M.T.f(a: inout A) -> ()",
    "instantiation function for generic protocol witness table for <A where A: P> M.T<A> : P in M",
  ]

  static func mutated(_ text: String, _ random: inout SeededGenerator) -> String {
    var bytes = Array(text.utf8)
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let position = Int.random(in: 0...bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes = Array(bytes.prefix(position))
      case 1 where position < bytes.count:
        bytes[position] = UInt8.random(in: 1...255, using: &random)
      case 2:
        let pieces = [
          "(", ")", "<", ">", "[", "]", " in ", " of ", ".", "`", " : ", "->", "…", "E",
        ]
        bytes.insert(
          contentsOf: (pieces.randomElement(using: &random) ?? "").utf8, at: position)
      case 3 where position < bytes.count: bytes.remove(at: position)
      default:
        let other = Int.random(in: 0...bytes.count, using: &random)
        bytes.insert(contentsOf: bytes[min(position, other)..<max(position, other)], at: other)
      }
      if bytes.count > 2000 { bytes = Array(bytes.prefix(2000)) }
    }
    bytes.removeAll { $0 == 0 }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("simplifying a hundred thousand damaged Swift names")
  func simplifier() {
    var random = SeededGenerator.forTest()
    for _ in 0..<100_000 {
      let text = Self.mutated(Self.texts.randomElement(using: &random) ?? "", &random)
      let name = SwiftNameSimplifier.simplify(text)
      #expect(!name.isEmpty || text.isEmpty)
    }
  }

  @Test("abbreviating a hundred thousand damaged templates")
  func abbreviation() {
    var random = SeededGenerator.forTest()
    let long =
      "std::map<std::string, int, std::less<void> >::operator<=><A>(std::vector<int, std::allocator"
      + "<int> > const&) -> operator-><B> operator<< <<T as core::fmt::Display>::fmt>"
    for _ in 0..<100_000 {
      let text = Self.mutated(long, &random)
      #expect(!TemplateAbbreviation.abbreviate(text).isEmpty || text.isEmpty)
    }
  }

  @Test("demangling a hundred thousand damaged symbols")
  func demangling() {
    var random = SeededGenerator.forTest()
    for _ in 0..<100_000 {
      let symbol = Self.mutated(Self.seeds.randomElement(using: &random) ?? "", &random)
      #expect(!Demangling.displayName(symbol).isEmpty || symbol.isEmpty)
      _ = Demangling.signature(symbol)
    }
  }

  /// At most 16 KiB, as nothing longer is demangled.
  static let nested: [String] = [
    "_Z1fI" + String(repeating: "1AI", count: 5000) + "i" + String(repeating: "E", count: 5001)
      + "vv",
    "_Z1f" + String(repeating: "P", count: 16_000) + "i",
    "_Z1f" + String(repeating: "S_", count: 8000),
    "_Z1fDp" + String(repeating: "Dp", count: 7000),
    "_Z1fIXn" + String(repeating: "ng", count: 7000) + "Li1EEEvv",
    "_RNvC1a" + String(repeating: "NvC1a", count: 3000),
    "_RINvC1a1b" + String(repeating: "R", count: 16_000) + "uE",
    "_RI" + String(repeating: "I", count: 16_000),
    "_ZN" + String(repeating: "1a", count: 8000) + "17h0123456789abcdefE",
    "$s4main1fyy" + String(repeating: "Say", count: 5000) + "Si"
      + String(repeating: "G", count: 5000)
      + "F",
    "$s4main1fyy" + "Si" + String(repeating: "Sg", count: 8000) + "F",
    "$s4main1fyySi" + String(repeating: "_Sit", count: 3500) + "F",
  ]

  @Test("deep nesting ends within a second")
  func nesting() {
    for symbol in Self.nested {
      let duration = ContinuousClock().measure {
        #expect(!Demangling.displayName(symbol).isEmpty)
        _ = Demangling.signature(symbol)
      }
      #expect(duration < .seconds(1), "\(symbol.prefix(20))…")
    }
  }

  @Test(
    "brackets without end take no longer than their number",
    arguments: [
      "(", "<", "[", "(<", "M.T<", "closure #1 in ", "`", "generic specialization <A> of ",
    ])
  func brackets(piece: String) {
    let text = String(repeating: piece, count: 4000)
    let closed = text + String(repeating: ">", count: 4000)
    let duration = ContinuousClock().measure {
      _ = SwiftNameSimplifier.simplify(text)
      _ = SwiftNameSimplifier.simplify(closed)
      _ = SwiftNameSimplifier.simplify("outlined copy of " + closed)
      _ = TemplateAbbreviation.abbreviate(text)
      _ = TemplateAbbreviation.abbreviate(closed)
    }
    #expect(duration < .seconds(3), "a debug build took \(duration)")
  }
}
