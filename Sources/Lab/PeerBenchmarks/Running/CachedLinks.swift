import Links
import TestSupport

/// Links to be cached, and codes drawn from them, as plain bytes: nothing but lookups is measured.
struct CachedLinks {
  /// Bytes a code takes in ``codes``: itself, zeros, its length.
  static let stride = 16

  let count: Int
  /// All codes, the most popular one first. Nine of ten are generated, as the service does it; the
  /// others have 5 to 15 characters.
  private let codes: [UInt8]

  init(count: Int) {
    self.count = count
    var random = SeededGenerator(seed: 1)
    var generator = CodeGenerator()
    var taken: Set<String> = []
    var texts: [String] = []
    texts.reserveCapacity(count)
    while texts.count < count {
      if Int.random(in: 0..<10, using: &random) == 0 {
        let length = Int.random(in: 5...15, using: &random)
        let text = Self.letters(length, &random)
        if taken.insert(text).inserted { texts.append(text) }
      } else {
        let code = generator.draw(using: &random)
        let isNew = taken.insert(code.text).inserted
        generator.note(code, wasTaken: !isNew)
        if isNew { texts.append(code.text) }
      }
    }
    // Who is popular has nothing to do with who came first.
    texts.shuffle(using: &random)
    codes = texts.flatMap { text in
      let code = Array(text.utf8.prefix(Self.stride - 1))
      return code + [UInt8](repeating: 0, count: Self.stride - 1 - code.count)
        + [UInt8(code.count)]
    }
  }

  func code(_ rank: Int) -> String {
    let record = codes[(rank * Self.stride)..<((rank + 1) * Self.stride)]
    return String(decoding: record.prefix(Int(record.last ?? 0)), as: UTF8.self)
  }

  /// 50 to 70 bytes.
  func destination(_ rank: Int) -> String {
    var random = SeededGenerator(seed: UInt64(rank))
    let length = Int.random(in: 21...41, using: &random)
    return "https://example.com/articles/" + Self.letters(length, &random)
  }

  func target(_ rank: Int) -> Target {
    Target(id: Int64(rank), destination: destination(rank), isActive: true, version: 1)
  }

  /// In an order that says nothing of how popular they are.
  func shuffledRanks() -> [Int] {
    var random = SeededGenerator(seed: 2)
    return (0..<count).shuffled(using: &random)
  }

  /// The codes at these ranks, each in ``stride`` bytes.
  func drawn(_ ranks: [Int]) -> [UInt8] {
    var drawn: [UInt8] = []
    drawn.reserveCapacity(ranks.count * Self.stride)
    for rank in ranks {
      drawn.append(contentsOf: codes[(rank * Self.stride)..<((rank + 1) * Self.stride)])
    }
    return drawn
  }

  private static func letters(_ count: Int, _ random: inout SeededGenerator) -> String {
    let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
    return String(
      decoding: (0..<count).map { _ in
        alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
      }, as: UTF8.self)
  }
}
