import Glibc

/// Random numbers that a seed brings back (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Calls `body` with a generator for each of `count` cases. The seed is printed; LYNX_TEST_SEED
/// sets it.
func withGenerated(
  _ name: String, count: Int = 2000, _ body: (inout SeededGenerator) throws -> Void
) rethrows {
  let seed =
    getenv("LYNX_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 0...UInt64.max)
  print("\(name): LYNX_TEST_SEED=\(seed)")
  var generator = SeededGenerator(seed: seed)
  for _ in 0..<count { try body(&generator) }
}

/// Integers of all magnitudes, not only the large ones a uniform choice gives.
func anyMagnitude(_ generator: inout SeededGenerator) -> Int64 {
  Int64(bitPattern: generator.next() >> UInt64.random(in: 1...63, using: &generator))
}

/// A text of characters that make trouble.
func anyText(_ generator: inout SeededGenerator) -> String {
  let parts = [
    "a", "Z", "0", " ", "\"", "\\", "/", "\n", "\t", "\u{1B}[31m", "\u{0}", "\u{7F}", "é", "ß",
    "漢", "字", "한", "👩‍👩‍👧", "🇩🇪", "e\u{301}", "\u{202E}", "\u{2028}", "\u{FEFF}", "std::vector<int>",
  ]
  return (0..<Int.random(in: 0...12, using: &generator))
    .map { _ in parts.randomElement(using: &generator) ?? "" }.joined()
}
