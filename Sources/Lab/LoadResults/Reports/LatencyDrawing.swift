internal import Terminal

/// A histogram as a person sees it: few rows on a logarithmic scale, bars of block characters.
struct LatencyDrawing {
  struct Row: Equatable {
    /// In nanoseconds, without the upper end.
    var range: Range<UInt64>
    var count: UInt64
  }

  private static let mostRows = 14
  /// Where rows may begin, in each power of ten, from coarse to fine.
  private static let grids: [[UInt64]] = [
    [100], [100, 200, 500], [100, 150, 200, 300, 500, 700],
    [100, 120, 150, 200, 250, 300, 400, 500, 600, 800],
    [100, 110, 120, 130, 150, 160, 180, 200, 220, 240, 270, 300, 330, 360, 390, 430, 470]
      + [510, 560, 620, 680, 750, 820, 910],
  ]

  /// From the shortest latency to the longest, without a gap; none of an empty histogram.
  let rows: [Row]

  /// Rows as fine as fit. A latency belongs to the row that its bucket begins in.
  init(_ histogram: LatencyHistogram) {
    guard let starts = Self.starts(histogram) else {
      rows = []
      return
    }
    var rows = zip(starts, starts.dropFirst()).map { Row(range: $0..<$1, count: 0) }
    var index = 0
    for bucket in histogram.nonEmptyBuckets {
      let place = max(bucket.range.lowerBound, starts[0])
      while index + 1 < rows.count, place >= rows[index].range.upperBound { index += 1 }
      rows[index].count += bucket.count
    }
    self.rows = rows
  }

  /// The bounds of the rows: one more than there are.
  private static func starts(_ histogram: LatencyHistogram) -> [UInt64]? {
    guard !histogram.isEmpty else { return nil }
    var best: [UInt64]?
    for grid in grids {
      let starts = starts(from: histogram.minimum, to: histogram.maximum, grid)
      if best == nil || starts.count <= mostRows + 1 { best = starts }
    }
    return best
  }

  private static func starts(from low: UInt64, to high: UInt64, _ grid: [UInt64]) -> [UInt64] {
    var all: [UInt64] = [0]
    var scale: UInt64 = 1
    // An hour is 3.6 × 10^12 ns: the scale stays far from the top of its type.
    while let last = all.last, last <= high {
      for step in grid {
        let start = step * scale / 100
        if start > (all.last ?? 0) { all.append(start) }
      }
      scale *= 10
    }
    let first = all.lastIndex { $0 <= low } ?? 0
    let end = all.firstIndex { $0 > high } ?? all.count - 1
    return Array(all[first...end])
  }

  /// One line a row: its bounds, its bar and its share, all in `width` columns.
  func lines(width: Int) -> [String] {
    let total = rows.reduce(UInt64(0)) { $0 + $1.count }
    let most = rows.map(\.count).max() ?? 0
    guard total > 0 else { return [] }
    let labels = rows.map { row in
      (Self.bound(row.range.lowerBound), Self.bound(row.range.upperBound))
    }
    let lowWidth = labels.map { displayWidth($0.0) }.max() ?? 0
    let highWidth = labels.map { displayWidth($0.1) }.max() ?? 0
    let shareWidth = 9
    let barWidth = max(width - lowWidth - highWidth - shareWidth - 6, 4)
    return zip(rows, labels).map { row, label in
      let share = Double(row.count) / Double(total) * 100
      let text =
        row.count > 0 && share < 0.005
        ? "<0.01 %" : NumberText.fixed(share, places: 2) + " %"
      let bar = Self.bar(Double(row.count) / Double(most), width: barWidth)
      return Self.left(label.0, lowWidth) + " – " + Self.left(label.1, highWidth)
        + Self.left(row.count > 0 ? text : "", shareWidth)
        + (bar.isEmpty ? "" : "  " + bar)
    }
  }

  private static func bound(_ nanoseconds: UInt64) -> String {
    var value = Double(nanoseconds)
    var unit = "ns"
    for next in ["µs", "ms", "s"] where value >= 1000 {
      value /= 1000
      unit = next
    }
    var text = NumberText.fixed(value, places: 2)
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return "\(text) \(unit)"
  }

  private static func left(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(width - displayWidth(text), 0)) + text
  }

  /// A bar of eighths of a column; what is there at all is seen.
  static func bar(_ share: Double, width: Int) -> String {
    guard share > 0 else { return "" }
    let eighths = max(Int((share * Double(width) * 8).rounded()), 1)
    let rest: Character? = eighths % 8 == 0 ? nil : Array("▏▎▍▌▋▊▉")[eighths % 8 - 1]
    return String(repeating: "█", count: eighths / 8) + (rest.map(String.init) ?? "")
  }
}
