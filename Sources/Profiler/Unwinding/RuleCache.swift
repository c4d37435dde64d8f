internal import Modules

/// Rules by place: open addressing, at most half full, thrown away when it would grow past a
/// quarter of a million places, so that its memory is bounded.
struct RuleCache {
  private var keys: [UInt64]
  private var positions: [Int32]
  private var count = 0
  /// Few rules serve many places: each distinct one is kept once.
  private var rules: [UnwindRule] = []
  private var positionOfRule: [[Int32]: Int32] = [:]
  private(set) var hits = 0
  private(set) var misses = 0
  private static let empty = UInt64.max
  private static let limit = 1 << 18

  init() {
    keys = Array(repeating: Self.empty, count: 1 << 12)
    positions = Array(repeating: 0, count: 1 << 12)
  }

  mutating func rule(for place: CodeAddress, compile: () -> UnwindRule) -> UnwindRule {
    var slot = Self.slot(of: place.rawValue, count: keys.count)
    while keys[slot] != Self.empty {
      if keys[slot] == place.rawValue {
        hits += 1
        return rules[Int(positions[slot])]
      }
      slot = (slot + 1) & (keys.count - 1)
    }
    misses += 1
    let rule = compile()
    if count >= Self.limit {
      self = RuleCache(hits: hits, misses: misses)
    } else if count * 2 >= keys.count {
      grow()
    }
    insert(place.rawValue, position(of: rule))
    count += 1
    return rule
  }

  private init(hits: Int, misses: Int) {
    self.init()
    self.hits = hits
    self.misses = misses
  }

  private mutating func position(of rule: UnwindRule) -> Int32 {
    if let known = positionOfRule[rule.words] { return known }
    let position = Int32(rules.count)
    rules.append(rule)
    positionOfRule[rule.words] = position
    return position
  }

  private mutating func insert(_ key: UInt64, _ position: Int32) {
    var slot = Self.slot(of: key, count: keys.count)
    while keys[slot] != Self.empty { slot = (slot + 1) & (keys.count - 1) }
    keys[slot] = key
    positions[slot] = position
  }

  private mutating func grow() {
    let old = (keys, positions)
    keys = Array(repeating: Self.empty, count: old.0.count * 2)
    positions = Array(repeating: 0, count: old.0.count * 2)
    for (key, position) in zip(old.0, old.1) where key != Self.empty { insert(key, position) }
  }

  /// Multiplication by the golden ratio spreads neighbouring addresses (Knuth, TAOCP 3, 6.4).
  private static func slot(of key: UInt64, count: Int) -> Int {
    Int((key &* 0x9e37_79b9_7f4a_7c15) >> 32) & (count - 1)
  }
}
