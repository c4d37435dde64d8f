import TestSupport
import Testing

@testable import Modules
@testable import Symbols

@Suite("Functions, lines and inlined calls are those llvm-symbolizer gives", .serialized)
struct InlineChainTests {
  static let swiftSource = """
    struct Counter {
      var total = 0
      @inline(never) mutating func add(_ values: [Int]) {
        for value in values { total &+= mix(value) }
      }
      @inline(__always) func mix(_ value: Int) -> Int { (value &* 31) ^ total }
    }
    protocol Shape { func area() -> Int }
    final class Square: Shape {
      let side: Int
      init(_ side: Int) { self.side = side }
      @inline(never) func area() -> Int { side * side }
    }
    @inline(never) func sum(_ shapes: [any Shape]) -> Int { shapes.reduce(0) { $0 + $1.area() } }
    var counter = Counter()
    counter.add((0..<1000).map { $0 * 3 }.sorted { $0 > $1 })
    let words = ["a": 1, "b": 2].mapValues { $0 + counter.total }
    print(counter.total, sum([Square(2), Square(3)]), words.values.max() ?? 0)
    """

  static let builds = [
    "gcc -O2 -gdwarf-4 -pthread {shares.c}", "gcc -O2 -gdwarf-5 -pthread {shares.c}",
    "clang -O2 -gdwarf-5 -pthread {shares.c}", "g++ -O2 -gdwarf-5 {deep.cpp}",
    "g++ -O2 -gdwarf-4 -gz {deep.cpp}", "g++ -O2 -gdwarf-5 -gz=zlib-gnu {deep.cpp}",
    "clang++ -O2 -gdwarf-5 {deep.cpp}", "g++ -O0 -g {deep.cpp}",
    "rustc -O -g {words.rs}", "swiftc -O -g main.swift", "swiftc -Onone -g main.swift",
  ]

  @Test("at two thousand instructions of each build", arguments: builds)
  func agrees(build: String) throws {
    var random = SeededGenerator.forTest()
    let shop = try Workshop()
    try shop.run(Self.command(build, shop) + " -o program")
    let all = try LLVMSymbolizer.instructions(of: shop / "program")
    let addresses = Set(all.shuffled(using: &random).prefix(2000)).sorted()
    try #require(addresses.count > 50)
    // The judge no longer reads .zdebug_ sections: it gets the same code with plain ones.
    let isOldStyle = build.contains("zlib-gnu")
    if isOldStyle {
      try shop.run(
        Self.command(build, shop).replacing("-gz=zlib-gnu", with: "") + " -o judged")
    }
    let verdicts = try LLVMSymbolizer.chains(
      addresses, in: shop / (isOldStyle ? "judged" : "program"))
    let aliases = try Self.aliases(shop)
    try #require(verdicts.count == addresses.count)
    let ours = try #require(Self.chains(addresses, in: shop / "program"))
    var differing: [String] = []
    for (address, (mine, verdict)) in zip(addresses, zip(ours, verdicts))
    where !Self.agree(mine, verdict, aliases) {
      differing.append("\(String(address, radix: 16)) ours \(mine) verdict \(verdict)")
    }
    print("\(build): \(addresses.count) addresses, \(differing.count) differ")
    #expect(differing.isEmpty, "\(differing.prefix(8).joined(separator: "\n"))")
  }

  /// Equal, but for what the tools mean to do differently: the judge names an outermost function
  /// after the symbol table (`f.cold`, `T::T` as C2 instead of C1), and gives padding between
  /// functions `??` and the line of what stands before it. Rust merges identical functions, which
  /// then have several names, not all of which keep a symbol.
  static func agree(
    _ mine: [LLVMSymbolizer.Frame], _ verdict: [LLVMSymbolizer.Frame],
    _ aliases: [String: Substring]
  ) -> Bool {
    if mine.isEmpty { return verdict.count == 1 && verdict[0].name == "??" }
    guard mine.count == verdict.count, mine.dropLast() == verdict.dropLast() else { return false }
    guard let outer = mine.last, let judged = verdict.last else { return false }
    return outer.line == judged.line
      && (outer.name == judged.name
        || (aliases[outer.name] != nil && aliases[outer.name] == aliases[judged.name])
        || (outer.name.contains("17h") && aliases[outer.name] == nil
          && generic(outer.name) == generic(judged.name))
        || Demangling.displayName(outer.name) == Demangling.displayName(judged.name))
  }

  /// A generic function's name without what it was made for: merging leaves one of many copies.
  private static func generic(_ symbol: String) -> Substring {
    Demangling.displayName(symbol).prefix { $0 != "<" }
  }

  /// The address of each symbol.
  static func aliases(_ shop: Workshop) throws -> [String: Substring] {
    var found: [String: Substring] = [:]
    for line in try shop.run("nm program").split(separator: "\n") {
      let fields = line.split(separator: " ")
      if fields.count == 3 { found[String(fields[2])] = fields[0] }
    }
    return found
  }

  static func command(_ build: String, _ shop: Workshop) throws -> String {
    if build.contains("main.swift") { _ = try shop.source("main.swift", swiftSource) }
    var line = build
    for name in ["shares.c", "deep.cpp", "words.rs"] {
      line = line.replacing("{\(name)}", with: "'\(Workshop.program(name))'")
    }
    return line
  }

  static func chains(_ addresses: [UInt64], in path: String) -> [[LLVMSymbolizer.Frame]]? {
    guard let opened = OpenedElf(path: path),
      let names = ModuleFile(path: path, opened: opened).openFunctionNames()
    else { return nil }
    return names.resolve(addresses, inlines: true).map { chain in
      chain.map { LLVMSymbolizer.Frame(name: names.functions[$0.function].symbol, line: $0.line) }
    }
  }
}
