/// Where the frames of a picture are, before a script lays them out for the window.
struct Layout {
  static let rowHeight = 17.0
  static let margin = 10.0
  /// The narrowest frame with a label: three characters.
  static let leastLabelled = 29.0

  /// Of the whole picture, in pixels.
  let width: Double
  /// The least part of what is shown that a frame must have to be drawn.
  let leastShare: Double
  /// The frames that are drawn, in preorder; those above a frame left out are left out as well.
  let drawn: [Int]
  /// How many rows the drawn frames take.
  let rows: Int
  private let inverted: Bool
  private let scale: Double

  init(_ graph: FlameGraph, _ options: FlameGraphOptions) {
    // Narrower than this nothing can be read; wider than this no browser draws.
    let width = Double(min(100_000, max(200, options.width ?? 1200)))
    let leastShare = options.minWidth > 0 ? options.minWidth / width : 0
    let least = leastShare * Double(graph.total)
    var drawn: [Int] = []
    var rows: Int32 = 0
    var skipped = Int32.max
    for (index, node) in graph.nodes.enumerated() {
      if node.depth > skipped { continue }
      if node.value <= 0 || Double(node.value) < least {
        skipped = node.depth
        continue
      }
      skipped = .max
      rows = max(rows, node.depth + 1)
      drawn.append(index)
    }
    self.width = width
    self.leastShare = leastShare
    self.drawn = drawn
    self.rows = Int(rows)
    inverted = options.inverted
    scale = (width - 2 * Self.margin) / Double(max(1, graph.total))
  }

  /// How many pixels wide an amount is.
  func pixels(_ amount: Int64) -> Double { Double(amount) * scale }

  func y(depth: Int32) -> Int {
    (inverted ? Int(depth) : rows - 1 - Int(depth)) * Int(Self.rowHeight)
  }

  /// What of a name fits in a frame, by the usual width of monospaced characters; the script
  /// measures instead.
  static func label(_ name: [UInt8], width: Double) -> [UInt8] {
    let columns = Int((width - 6) / 7.23)
    if name.count <= columns { return name }
    if name.prefix(columns + 1).allSatisfy({ $0 < 0x80 }) {
      return name.prefix(max(0, columns - 1)) + Array("…".utf8)
    }
    let text = String(decoding: name, as: UTF8.self)
    var used = 0
    var cut = text.startIndex
    for index in text.indices {
      // East Asian characters and emoji take two columns.
      used += text[index].unicodeScalars.contains { $0.value >= 0x1100 } ? 2 : 1
      if used > columns { return Array(text[..<cut].utf8) + Array("…".utf8) }
      if used < columns { cut = text.index(after: index) }
    }
    return name
  }
}
