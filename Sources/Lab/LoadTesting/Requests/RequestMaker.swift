/// Makes one request after the other for an event loop.
struct RequestMaker {
  /// What has to be known of a request when its answer comes.
  struct Made {
    var kind: Int
    /// The number of the text that its expected `Location` goes by.
    var pick: Int
  }

  private let plan: PreparedPlan
  private var random: FastRandom
  private var position = 0
  private var drawn: [Int]
  private var body: [UInt8] = []
  private var digits: [UInt8] = []

  init(_ plan: PreparedPlan, seed: UInt64) {
    self.plan = plan
    random = FastRandom(seed: seed)
    drawn = Array(repeating: 0, count: plan.lists.count)
  }

  /// Appends the next request to `output`.
  mutating func make(into output: inout [UInt8]) -> Made {
    let index = nextKind()
    let kind = plan.kinds[index]
    for list in kind.picks { drawn[list] = draw(from: list) }
    let number = plan.requestNumber.next() &+ 1
    body.removeAll(keepingCapacity: true)
    // The head says how long the body is.
    var made = exchange(&body, with: [])
    for part in kind.template.body { append(part, of: kind.template, number, &made) }
    let length = made.count
    for part in kind.template.head {
      if part == .bodyLength {
        append(UInt64(length), to: &output)
      } else {
        append(part, of: kind.template, number, &output)
      }
    }
    output.append(contentsOf: made)
    body = made
    var pick = 0
    if case .listed(_, let list)? = kind.expectation.location { pick = drawn[list] }
    return Made(kind: index, pick: pick)
  }

  private mutating func nextKind() -> Int {
    let order = plan.order
    if order.count == 1 { return order[0] }
    if plan.isShuffled { return order[random.below(order.count)] }
    defer { position = position &+ 1 == order.count ? 0 : position &+ 1 }
    return order[position]
  }

  private mutating func draw(from list: Int) -> Int {
    let count = plan.lists[list].count
    switch plan.lists[list].draw {
    case .inTurn: return plan.turns[list].next() % max(1, count)
    case .uniform: return random.below(count)
    }
  }

  private mutating func append(
    _ part: RequestTemplate.Part, of template: RequestTemplate, _ number: Int,
    _ output: inout [UInt8]
  ) {
    switch part {
    case .literal(let range): output.append(contentsOf: template.bytes[range])
    case .counter: append(UInt64(truncatingIfNeeded: number), to: &output)
    case .random(let range): append(UInt64.random(in: range, using: &random), to: &output)
    case .uuid: appendUUID(to: &output)
    case .pick(let list):
      let texts = plan.lists[list]
      if texts.count > 0 { output.append(contentsOf: texts.bytes[texts.range(drawn[list])]) }
    case .bodyLength: break
    }
  }

  private mutating func append(_ number: UInt64, to output: inout [UInt8]) {
    digits.removeAll(keepingCapacity: true)
    var rest = number
    repeat {
      digits.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    output.append(contentsOf: digits.reversed())
  }

  /// RFC 9562, section 5.4.
  private mutating func appendUUID(to output: inout [UInt8]) {
    let hex = Array("0123456789abcdef".utf8)
    var high = random.next()
    var low = random.next()
    high = high & 0xffff_ffff_ffff_0fff | 0x4000
    low = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
    for index in 0..<32 {
      if index == 8 || index == 12 || index == 16 || index == 20 {
        output.append(UInt8(ascii: "-"))
      }
      let word = index < 16 ? high : low
      output.append(hex[Int(word >> UInt64(60 - 4 * (index % 16)) & 15)])
    }
  }
}

/// A generator of numbers that nobody has to fear being guessed: xoroshiro128+ (D. Blackman and S. Vigna,
/// "Scrambled Linear Pseudorandom Number Generators", 2021), seeded by SplitMix64.
struct FastRandom: RandomNumberGenerator {
  private var a: UInt64
  private var b: UInt64

  init(seed: UInt64) {
    var state = seed
    func mixed() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
    a = mixed()
    b = mixed()
  }

  mutating func next() -> UInt64 {
    let result = a &+ b
    let mixed = a ^ b
    a = (a << 24 | a >> 40) ^ mixed ^ (mixed << 16)
    b = mixed << 37 | mixed >> 27
    return result
  }

  /// From 0 to below `count`; 0 if there is nothing to draw from.
  mutating func below(_ count: Int) -> Int {
    guard count > 1 else { return 0 }
    return Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(count)).high)
  }
}
