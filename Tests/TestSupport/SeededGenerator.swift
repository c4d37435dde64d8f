internal import Glibc

/// Steele, Lea and Flood's SplitMix64: small, and the same everywhere for the same seed.
public struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  public mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
  }

  /// From the environment's LYNX_TEST_SEED, else random; printed, so that a failure can be had
  /// again.
  public static func forTest(_ name: String = #function) -> SeededGenerator {
    let given = getenv("LYNX_TEST_SEED").flatMap { UInt64(String(cString: $0)) }
    let seed = given ?? UInt64.random(in: 0...UInt64.max)
    print("\(name): LYNX_TEST_SEED=\(seed)")
    return SeededGenerator(seed: seed)
  }
}
