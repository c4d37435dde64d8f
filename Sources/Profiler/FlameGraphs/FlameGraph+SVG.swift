internal import Profiles

extension FlameGraph {
  /// The picture as a file of its own: UTF-8, well-formed whatever the names are.
  ///
  /// It can be read where no script runs; where one does, it answers the mouse and the keyboard.
  /// If the graph is not reversed and the options ask for it, it is drawn reversed.
  public func svg(_ options: FlameGraphOptions) -> [UInt8] {
    if options.reverse && !isReversed { return reversed().svg(options) }
    var canvas = Canvas(self, options)
    return canvas.draw()
  }
}

/// The drawing of one picture.
private struct Canvas {
  let graph: FlameGraph
  let options: FlameGraphOptions
  let tooltips: Tooltips
  let classes: [FrameClass]
  let layout: Layout
  /// What is said of many frames, as XML: of each symbol its name and the rest of its tooltip.
  let names: [[UInt8]]
  let details: [[UInt8]]
  /// ` samples` or the like; nil if amounts are told as time.
  let noun: [UInt8]?
  /// `cpu: ` before the time of a frame; nil if the first line of its tooltip tells it, or none.
  let timeLabel: [UInt8]?
  var out: [UInt8] = []

  init(_ graph: FlameGraph, _ options: FlameGraphOptions) {
    self.graph = graph
    self.options = options
    tooltips = Tooltips(graph, describe: options.describe)
    classes = graph.classes(options.palette)
    layout = Layout(graph, options)
    func xml(_ clean: [UInt8]) -> [UInt8] {
      var escaped: [UInt8] = []
      escaped.appendXML(clean)
      return escaped
    }
    names = graph.symbols.map { xml($0.name) }
    details = tooltips.details.map(xml)
    noun =
      switch graph.amountStyle {
      case .counted(let noun): [UInt8(ascii: " ")] + xml(noun)
      case .time: nil
      }
    timeLabel =
      graph.tellsTimeApart
      ? [UInt8(ascii: "\n")] + xml(CleanText.bytes(graph.sampleType.type)) + Array(": ".utf8) : nil
  }

  mutating func draw() -> [UInt8] {
    out.reserveCapacity(layout.drawn.count * 160 + graph.nodes.count * 12 + 65_536)
    let legend = self.legend
    let headHeight = self.headHeight(legend: !legend.isEmpty)
    let height = headHeight + Double(max(layout.rows, 3)) * Layout.rowHeight + Layout.margin
    out.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    out.append("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"lynx\" width=\"")
    out.append(pixels: layout.width)
    out.append("\" height=\"")
    out.append(pixels: height)
    out.append("\" role=\"graphics-document document\">\n<title>")
    out.appendXML(CleanText.bytes(options.title))
    out.append("</title>\n<style>\n")
    out.append(contentsOf: Assets.styleSheet)
    out.append(contentsOf: graph.difference == nil ? options.palette.styleSheet : Tone.styleSheet)
    out.append("</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n")
    drawHead(legend)
    drawFrames(top: headHeight)
    out.append("<metadata>")
    PictureData(
      graph: graph, options: options, layout: layout, tooltips: tooltips, classes: classes,
      legend: legend, totals: totals
    ).append(to: &out)
    out.append("</metadata>\n<script><![CDATA[\n")
    out.append(contentsOf: Assets.script)
    out.append("]]></script>\n</svg>\n")
    return out
  }

  private func headHeight(legend: Bool) -> Double { legend ? 86 : 64 }

  /// The heading for where no script runs.
  private mutating func drawHead(_ legend: [LegendEntry]) {
    out.append("<g class=\"head\">\n<text class=\"heading\" x=\"10\" y=\"28\">")
    out.appendXML(CleanText.bytes(options.title))
    out.append("</text>\n<text class=\"quiet\" x=\"10\" y=\"48\">")
    if let subtitle = options.subtitle {
      out.appendXML(CleanText.bytes(subtitle))
      out.append(" · ")
    }
    out.appendXML(totals)
    out.append("</text>\n")
    var x = Layout.margin
    for entry in legend {
      out.append("<rect class=\"")
      out.append(contentsOf: entry.style)
      out.append("\" x=\"")
      out.append(pixels: x)
      out.append("\" y=\"60\" width=\"12\" height=\"12\"/><text class=\"quiet\" x=\"")
      out.append(pixels: x + 17)
      out.append("\" y=\"70\">")
      out.append(entry.text)
      out.append("</text>\n")
      x += 36 + 6.6 * Double(entry.text.utf8CodeUnitCount)
    }
    if !legend.isEmpty, graph.holdsInlined {
      out.append("<text class=\"quiet\" x=\"")
      out.append(pixels: x)
      out.append("\" y=\"70\">paler: inlined</text>\n")
    }
    out.append("</g>\n")
  }

  private mutating func drawFrames(top: Double) {
    out.append("<g class=\"frames\" transform=\"translate(10 ")
    out.append(pixels: top)
    out.append(")\">\n")
    if graph.total > 0 {
      for index in layout.drawn { drawFrame(index) }
    } else {
      out.append("<text class=\"empty\" y=\"34\">There are no samples in this profile.</text>\n")
    }
    out.append("</g>\n")
  }

  private mutating func drawFrame(_ index: Int) {
    let node = graph.nodes[index]
    let symbol = Int(node.symbol)
    let x = layout.pixels(node.start)
    let width = layout.pixels(node.value)
    let y = layout.y(depth: node.depth)

    out.append("<g><title>")
    out.append(contentsOf: names[symbol])
    out.append(" (")
    if let difference = graph.difference {
      out.append(contentsOf: difference.amount(index))
    } else if let noun {
      out.append(grouped: graph.countsSamples ? node.count : node.value)
      out.append(contentsOf: noun)
    } else {
      out.append(contentsOf: Amounts.time(nanoseconds: node.value))
    }
    if graph.difference == nil {
      out.append(", ")
      out.append(percentOf: graph.total, value: node.value)
      out.append("%")
    }
    out.append(")")
    // What is thinner cannot be pointed at before it was zoomed, and then the script adds this.
    if width >= 1 {
      out.append(contentsOf: details[symbol])
      if let difference = graph.difference, index > 0 {
        out.append("\n")
        out.append(
          contentsOf: difference.colourDescription(index, isReversed: graph.isReversed))
      }
      if let timeLabel {
        out.append(contentsOf: timeLabel)
        out.append(contentsOf: Amounts.time(nanoseconds: node.value))
      }
    }
    out.append("</title><rect x=\"")
    out.append(pixels: x)
    out.append("\" y=\"")
    out.append(decimal: y)
    out.append("\" width=\"")
    out.append(pixels: width)
    out.append("\" height=\"16\" class=\"")
    appendStyle(index, node)
    if width >= 3 { out.append(" w") }
    out.append("\"/>")
    if width >= Layout.leastLabelled {
      out.append("<text x=\"")
      out.append(pixels: x + 4)
      out.append("\" y=\"")
      out.append(decimal: y + 12)
      out.append("\">")
      out.appendXML(Layout.label(graph.symbols[symbol].name, width: width))
      out.append("</text>")
    }
    out.append("</g>\n")
  }

  private mutating func appendStyle(_ index: Int, _ node: FlameGraph.Node) {
    if let difference = graph.difference, index > 0 {
      out.append(contentsOf: difference.tones[index].name)
      if difference.isAbsent(index) { out.append(" v") }
      return
    }
    out.append(classes[Int(node.symbol)].letter)
    out.append(classes[Int(node.symbol)].shade)
    if node.isInlined && options.palette == .language { out.append(" i") }
  }

  private var legend: [LegendEntry] {
    if let difference = graph.difference { return difference.legend }
    guard options.palette == .language else { return [] }
    return graph.kinds.map { kind in
      LegendEntry("\(Unicode.Scalar(kind.family.letter))3", kind.legend)
    }
  }

  /// `12,345 samples · cpu 12.4 s · 300 functions`.
  private var totals: [UInt8] {
    var text = graph.difference?.totals ?? []
    switch graph.amountStyle {
    case _ where graph.difference != nil: break
    case .time:
      text.append(contentsOf: CleanText.bytes(graph.sampleType.type))
      text.append(UInt8(ascii: " "))
      text.append(contentsOf: Amounts.time(nanoseconds: graph.total))
    case .counted(let noun):
      text.append(grouped: graph.countsSamples ? graph.totalCount : graph.total)
      text.append(UInt8(ascii: " "))
      text.append(contentsOf: noun)
      if graph.tellsTimeApart {
        text.append(" · ")
        text.append(contentsOf: CleanText.bytes(graph.sampleType.type))
        text.append(UInt8(ascii: " "))
        text.append(contentsOf: Amounts.time(nanoseconds: graph.total))
      }
    }
    text.append(" · ")
    text.append(grouped: graph.symbols.count - 1)
    text.append(graph.symbols.count == 2 ? " function" : " functions")
    return text
  }
}

/// The class of a symbol's frames in the style sheet.
struct FrameClass {
  var letter: UInt8
  /// An ASCII digit.
  var shade: UInt8
}

extension FlameGraph {
  /// For each symbol; the root's says neither kind nor shade.
  fileprivate func classes(_ palette: FlameGraphOptions.Palette) -> [FrameClass] {
    var classes = symbols.dropLast().map { symbol in
      FrameClass(
        letter: palette.letter(symbol.kind),
        shade: UInt8(ascii: "0") + ColourFamily.shade(of: symbol.name))
    }
    classes.append(FrameClass(letter: UInt8(ascii: "a"), shade: UInt8(ascii: "0")))
    return classes
  }

  /// Whether the legend has to explain how inlined calls look.
  var holdsInlined: Bool { difference == nil && nodes.contains(where: \.isInlined) }

  /// The kinds that occur, in the order of the legend.
  fileprivate var kinds: [FrameKind] {
    let met = Set(symbols.dropLast().lazy.map(\.kind))
    return FrameKind.allCases.filter(met.contains)
  }
}
