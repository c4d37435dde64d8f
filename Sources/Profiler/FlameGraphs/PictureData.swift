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
  let kinds: [FrameKind]
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
    appendSymbols(to: &out)
    appendTree(to: &out)
    out.append("}")
  }

  private func appendLegend(to out: inout [UInt8]) {
    out.append(",\"legend\":[")
    for (index, kind) in kinds.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      out.append("[\"")
      out.append(kind.family.letter)
      out.append("3\",\"")
      out.append(kind.legend)
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

  /// Three numbers a frame: its depth, twice its symbol plus 1 if inlined, its own value.
  private func appendTree(to out: inout [UInt8]) {
    let unit = commonDivisor(graph.nodes.lazy.map(\.selfValue))
    let countUnit = commonDivisor(graph.nodes.lazy.map(\.selfCount))
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
      out.append(decimal: node.selfValue == 0 ? 0 : node.selfValue / unit)
      if node.selfValue > 0 || node.selfCount > 0 {
        sameCounts = sameCounts && node.selfValue / unit == node.selfCount / countUnit
      }
    }
    out.append("]")
    if sameCounts { return }
    out.append(",\n\"counts\":[")
    for (index, node) in graph.nodes.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      out.append(decimal: node.selfCount / countUnit)
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
