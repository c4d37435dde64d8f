internal import Profiles

/// What two profiles counted of each frame of one graph, and how that is drawn.
struct Difference: Sendable {
  /// Numbers of samples.
  struct Pair: Sendable, Equatable {
    var new: Int64
    var base: Int64
  }

  let comparison: Comparison
  /// For each frame, in the order of the graph: what it was seen doing itself.
  private(set) var own: [Pair] = []
  /// For each frame, what was seen of it and what it called.
  private(set) var whole: [Pair] = []
  private(set) var tones: [Tone] = []

  /// What all graphs of one comparison have in common.
  struct Comparison: Sendable {
    var newTotal: Int64
    var baseTotal: Int64
    var scale: Double
    var isNormalized: Bool
    /// Which profile the widths are those of.
    var drawn: FlameGraph.Side
    var test: ChangeTest
    /// How wide one sample of what is drawn is. Scaled samples of the other are no whole numbers.
    var unit: Int64 { scale == 1 ? 1 : 1000 }
  }

  /// - Parameter nodes: with the new profile's samples as their values and the base's as their
  ///   counts; afterwards they are as wide as they are drawn. A frame that what is drawn does not
  ///   have is as wide as in the other profile, and widens what it stands on.
  init(_ comparison: Comparison, _ nodes: inout [FlameGraph.Node], isReversed: Bool) {
    self.comparison = comparison
    own = nodes.map { Pair(new: $0.selfValue, base: $0.selfCount) }
    whole = nodes.map { Pair(new: $0.value, base: $0.count) }
    // Merged from the leaf, all that is seen of a frame is the leaf's own.
    tones = tones(isReversed ? whole : own)
    var offset: Int64 = 0
    var open: [Int] = []
    for index in nodes.indices {
      while open.count > nodes[index].depth, let last = open.popLast() { nodes[last].end = offset }
      open.append(index)
      nodes[index].start = offset
      nodes[index].selfValue = offset.addingSaturated(width(index)) - offset
      offset += nodes[index].selfValue
    }
    for index in open { nodes[index].end = offset }
  }

  /// Whether what is drawn has nothing of a frame.
  func isAbsent(_ index: Int) -> Bool {
    (comparison.drawn == .new ? whole[index].new : whole[index].base) == 0
  }

  /// How wide what a frame did itself is.
  private func width(_ index: Int) -> Int64 {
    let (new, base) = (Double(own[index].new), Double(own[index].base))
    let unit = Double(comparison.unit)
    let isNew = (comparison.drawn == .new) != isAbsent(index)
    let width =
      switch (comparison.drawn, isNew) {
      case (.new, true): new * unit
      case (.new, false): base * comparison.scale * unit
      case (.base, false): base * unit
      case (.base, true): new / comparison.scale * unit
      }
    // 2⁶³ is the first number that does not fit.
    return Int64(exactly: min(width.rounded(), 0x1p63.nextDown)) ?? 0
  }

  private func tones(_ pairs: [Pair]) -> [Tone] {
    // The root is all there is, and no function.
    let tests = FalseDiscoveries(
      pairs.dropFirst().lazy.map { (new: $0.new, base: $0.base) }, test: comparison.test)
    return pairs.enumerated().map { index, pair in
      guard index > 0, tests.isBeyondNoise(new: pair.new, base: pair.base) else { return .noise }
      return Tone(changePercent: comparison.changePercent(pair))
    }
  }
}

extension Difference.Comparison {
  /// As `ProfileComparison.changePercent` has it.
  func changePercent(_ pair: Difference.Pair) -> Double {
    100 * (Double(pair.new) - scale * Double(pair.base)) / Double(newTotal)
  }
}

/// What the colour of a frame says: which way its own share changed, and how much.
struct Tone: Sendable, Equatable {
  /// From which change on, in percent of the total, a stronger colour is taken.
  static let steps = [1.0, 3, 10]
  static let noise = Tone(number: 0)
  static let all = (0..<9).map { Tone(number: $0) }

  /// 0 is noise, 1…4 are less, 5…8 more.
  let number: Int

  private init(number: Int) { self.number = number }

  init(changePercent: Double) {
    let strength = Self.steps.count { abs(changePercent) >= $0 }
    number = (changePercent < 0 ? 1 : 5) + strength
  }

  /// Its class in the style sheet: `g0`, `b0`…`b3` (blue), `h0`…`h3` (hot).
  var name: [UInt8] {
    let (letter, strength) =
      number == 0 ? ("g", 0) : number < 5 ? ("b", number - 1) : ("h", number - 5)
    return Array("\(letter)\(strength)".utf8)
  }

  var colour: Colour {
    if number == 0 { return Colour(lightness: 0.87, chroma: 0.004, hue: 255) }
    let strength = Double((number - 1) % 4)
    let isLess = number < 5
    return Colour(
      lightness: 0.86 - 0.03 * strength, chroma: 0.045 + 0.028 * strength, hue: isLess ? 250 : 24)
  }

  /// The same for a dark page, where grey must not be the brightest.
  var darkColour: Colour {
    self == .noise ? Colour(lightness: 0.4, chroma: 0.006, hue: 255) : colour.dark
  }

  /// The rules that colour frames, for light pages and dark ones.
  static var styleSheet: [UInt8] {
    FrameColours.styleSheet(all.map { ($0.name, $0.colour, $0.darkColour) })
  }
}
