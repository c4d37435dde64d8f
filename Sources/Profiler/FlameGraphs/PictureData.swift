internal import Profiles

/// What the script works with: the whole tree, also where frames are too narrow to be drawn.
///
/// One JSON object, compact: names once in a table, frames as numbers in preorder, amounts divided
/// by what they have in common (with a fixed period they become the sample counts).
struct PictureData {
  let graph: FlameGraph
  let options: FlameGraphOptions
  let layout: Layout
  let tooltips: Tooltips
  let classes: [FrameClass]
  let legend: [LegendEntry]
  let totals: [UInt8]

  func append(to out: inout [UInt8]) {
    out.append("{\"title\":")
    out.appendJSON(CleanText.bytes(options.title))
    out.append(",\"subtitle\":")
    out.appendJSON(CleanText.bytes(options.subtitle ?? ""))
    out.append(",\"totals\":")
    out.appendJSON(totals)
    out.append(",\"fluid\":")
    out.append(options.width == nil ? "true" : "false")
    out.append(",\"share\":")
    out.append(contentsOf: "\(layout.leastShare)".utf8)
    out.append(",\"icicle\":")
    out.append(options.inverted ? "true" : "false")
    out.append(",\"reversed\":")
    out.append(graph.isReversed ? "true" : "false")
    out.append(",\"search\":")
    out.appendJSON(CleanText.bytes(options.search ?? ""))
    out.append(",\"type\":")
    out.appendJSON(CleanText.bytes(graph.sampleType.type))
    out.append(",\"noun\":")
    switch graph.amountStyle {
    case .counted(let noun): out.appendJSON(noun)
    case .time: out.append("null")
    }
    out.append(",\"tellsTime\":")
    out.append(graph.tellsTimeApart ? "true" : "false")
    out.append(",\"inlined\":")
    out.append(graph.holdsInlined ? "true" : "false")
    appendLegend(to: &out)
    graph.difference?.appendJSON(reversed: graph.reversed().difference, to: &out)
    appendSymbols(to: &out)
    appendTree(to: &out)
    out.append("}")
  }

  private func appendLegend(to out: inout [UInt8]) {
    out.append(",\"legend\":[")
    for (index, entry) in legend.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      out.append("[\"")
      out.append(contentsOf: entry.style)
      out.append("\",\"")
      out.append(entry.text)
      out.append("\"]")
    }
    out.append("]")
  }

  /// `[name, class, lines of the tooltip]`; the third may be absent.
  private func appendSymbols(to out: inout [UInt8]) {
    out.append(",\n\"symbols\":[")
    for (index, symbol) in graph.symbols.enumerated() {
      out.append(index > 0 ? ",\n[" : "\n[")
      out.appendJSON(symbol.name)
      out.append(",\"")
      out.append(classes[index].letter)
      out.append(classes[index].shade)
      out.append(UInt8(ascii: "\""))
      if !tooltips.details[index].isEmpty {
        out.append(UInt8(ascii: ","))
        out.appendJSON(tooltips.details[index].dropFirst())
      }
      out.append(UInt8(ascii: "]"))
    }
    out.append("]")
  }

  /// Three numbers a frame: its depth, twice its symbol plus 1 if inlined, its own value; of two
  /// profiles the samples of the new one, while the counts are those of the base.
  private func appendTree(to out: inout [UInt8]) {
    let own =
      graph.difference.map { $0.own.map { (value: $0.new, count: $0.base) } }
      ?? graph.nodes.map { (value: $0.selfValue, count: $0.selfCount) }
    let unit = commonDivisor(own.lazy.map(\.value))
    let countUnit = commonDivisor(own.lazy.map(\.count))
    var sameCounts = true
    out.append(",\n\"unit\":")
    out.append(decimal: unit)
    out.append(",\"countUnit\":")
    out.append(decimal: countUnit)
    out.append(",\"tree\":[")
    for (index, node) in graph.nodes.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      out.append(decimal: UInt32(truncatingIfNeeded: node.depth))
      out.append(UInt8(ascii: ","))
      out.append(decimal: node.symbol << 1 | (node.isInlined ? 1 : 0))
      out.append(UInt8(ascii: ","))
      let (value, count) = own[index]
      out.append(decimal: value == 0 ? 0 : value / unit)
      if value > 0 || count > 0 {
        sameCounts = sameCounts && value / unit == count / countUnit
      }
    }
    out.append("]")
    if sameCounts { return }
    out.append(",\n\"counts\":[")
    for (index, (_, count)) in own.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      out.append(decimal: count / countUnit)
    }
    out.append("]")
  }

  private func commonDivisor(_ values: some Sequence<Int64>) -> Int64 {
    var divisor: Int64 = 0
    for value in values where value > 0 {
      var rest = value
      while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
      if divisor == 1 { break }
    }
    return max(1, divisor)
  }
}
