public import Profiles

extension FlameGraph {
  /// One of the two profiles of a comparison.
  public enum Side: Sendable {
    case new, base
  }

  /// Merges the stacks of two profiles into one graph, drawn with its differences.
  ///
  /// Calls are one frame when they have the same callers and name, whatever module and address
  /// they have. A frame is as wide as it is in one of the profiles, in samples; what only the other
  /// has is drawn as well, as wide as it is there. The colour is the frame's own change: what its
  /// calls do shows in them.
  ///
  /// - Parameter widths: the profile whose samples widths are proportional to.
  public init(comparison: ProfileComparison, widths: Side = .new, reverse: Bool) {
    let stacks = Stacks(
      comparison.stacks, measured: 0, counted: 1, reverse: reverse, comparing: true)
    self.init(
      stacks: stacks, symbols: stacks.symbols, sampleType: .init(type: "samples", unit: "count"),
      countsSamples: false, isReversed: reverse, functions: comparison.stacks.functions,
      mappings: comparison.stacks.mappings,
      comparison: Difference.Comparison(
        newTotal: comparison.newTotal, baseTotal: comparison.baseTotal, scale: comparison.scale,
        isNormalized: comparison.isNormalized, drawn: widths, test: comparison.test))
  }

  /// What the two profiles have of the frame at a position; nil in a graph of one profile.
  public func change(at position: Int) -> FrameChange? {
    guard let difference else { return nil }
    let (own, whole) = (difference.own[position], difference.whole[position])
    let tone = difference.tones[position]
    return FrameChange(
      new: whole.new, base: whole.base, newSelf: own.new, baseSelf: own.base,
      isOneSided: difference.isAbsent(position),
      direction: tone == .noise ? .noise : tone.number < 5 ? .less : .more)
  }

  /// A frame of two profiles.
  public struct FrameChange: Sendable, Equatable {
    /// Numbers of samples, of what the frame called too.
    public let new: Int64
    public let base: Int64
    /// Numbers of samples of the frame alone.
    public let newSelf: Int64
    public let baseSelf: Int64
    /// Whether the profile that the widths are those of does not have it.
    public let isOneSided: Bool
    /// What its colour says.
    public let direction: Direction

    public enum Direction: Sendable {
      /// Red.
      case more
      /// Blue.
      case less
      /// Grey.
      case noise
    }
  }
}

extension Difference {
  /// `new 1,234 samples, 12.34%; base 1,000 samples, 10.00%; +2.34%`.
  func amount(_ index: Int) -> [UInt8] {
    let pair = whole[index]
    var text: [UInt8] = []
    text.append("new ")
    text.append(grouped: pair.new)
    text.append(" samples, ")
    text.append(percentOf: comparison.newTotal, value: pair.new)
    text.append("%; base ")
    text.append(grouped: pair.base)
    text.append(" samples, ")
    text.append(percentOf: comparison.baseTotal, value: pair.base)
    text.append("%; ")
    text.append(signedPercent: comparison.changePercent(pair))
    return text
  }

  /// What the colour is drawn from: `itself: new 12, base 40; -0.50%, beyond noise`. What a
  /// reversed graph shows of a frame is all the leaf's own.
  func colourDescription(_ index: Int, isReversed: Bool) -> [UInt8] {
    var text: [UInt8] = []
    if !isReversed {
      text.append("itself: new ")
      text.append(grouped: own[index].new)
      text.append(", base ")
      text.append(grouped: own[index].base)
      text.append("; ")
      text.append(signedPercent: comparison.changePercent(own[index]))
      text.append(", ")
    }
    text.append(tones[index] == .noise ? "within noise" : "beyond noise")
    return text
  }

  /// `new 1,234 samples · base 1,000 samples · normalized`.
  var totals: [UInt8] {
    var text: [UInt8] = []
    text.append("new ")
    text.append(grouped: comparison.newTotal)
    text.append(" samples · base ")
    text.append(grouped: comparison.baseTotal)
    text.append(" samples")
    if comparison.isNormalized { text.append(" · normalized") }
    return text
  }

  var legend: [LegendEntry] {
    let absent: StaticString = comparison.drawn == .new ? "only in the base" : "only in the new"
    return [
      LegendEntry("h2", "itself more than in the base"), LegendEntry("b2", "itself less"),
      LegendEntry("g0", "change within noise"), LegendEntry("g0 v", absent),
    ]
  }

  /// What the script needs to draw the same: the colours also of the graph merged from the other
  /// end.
  func appendJSON(reversed: Difference?, to out: inout [UInt8]) {
    out.append(",\n\"difference\":{\"newTotal\":")
    out.append(decimal: comparison.newTotal)
    out.append(",\"baseTotal\":")
    out.append(decimal: comparison.baseTotal)
    out.append(",\"scale\":")
    out.append(contentsOf: "\(comparison.scale)".utf8)
    out.append(",\"unit\":")
    out.append(decimal: comparison.unit)
    out.append(",\"drawsBase\":")
    out.append(comparison.drawn == .base ? "true" : "false")
    out.append(",\"classes\":[")
    for (index, tone) in Tone.all.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      out.appendJSON(tone.name)
    }
    out.append("],\"tones\":[")
    out.appendJSON(tones.map { UInt8(ascii: "0") + UInt8(truncatingIfNeeded: $0.number) })
    out.append(UInt8(ascii: ","))
    out.appendJSON(
      (reversed?.tones ?? []).map { UInt8(ascii: "0") + UInt8(truncatingIfNeeded: $0.number) })
    out.append("]}")
  }
}

/// A colour and what it says.
struct LegendEntry {
  /// Of the style sheet.
  var style: [UInt8]
  var text: StaticString

  init(_ style: String, _ text: StaticString) {
    self.style = Array(style.utf8)
    self.text = text
  }
}

extension [UInt8] {
  /// A share that may be negative, in percent with two decimals, rounded half away from zero.
  fileprivate mutating func append(signedPercent percent: Double) {
    let hundredths = Int64(exactly: (abs(percent) * 100 + 0.5).rounded(.down)) ?? .max
    append(percent < 0 && hundredths > 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
    append(decimal: hundredths / 100)
    append(UInt8(ascii: "."))
    append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: hundredths % 100 / 10))
    append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: hundredths % 10))
    append(UInt8(ascii: "%"))
  }
}
