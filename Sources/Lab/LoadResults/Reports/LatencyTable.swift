internal import Terminal

extension LoadResult {
  /// Mean, percentiles and maximum; with a rate, latencies from both starts side by side.
  var latencyLines: [String] {
    guard !latency.isEmpty else { return ["latency       none: no answer was as expected"] }
    var columns = [(title: "latency", histogram: latency)]
    if let serviceTime {
      columns = [("from intended start", latency), ("from actual start", serviceTime)]
    }
    let width = max((columns.map { $0.title.count }.max() ?? 0), 9)
    var table = Table(
      [Table.Column("")] + columns.map { .init(padded($0.title, width), .right) })
    for row in LatencyRow.all {
      table.append(
        [row.title]
          + columns.map {
            $0.histogram.isEmpty ? "–" : QuantityText.time(nanoseconds: row.value($0.histogram))
          })
    }
    return table.lines()
  }

  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(width - text.count, 0)) + text
  }
}

/// A line of the table of latencies.
private struct LatencyRow {
  var title: String
  var value: @Sendable (LatencyHistogram) -> Double

  static let all: [LatencyRow] =
    [
      LatencyRow(title: "mean") { $0.mean },
      LatencyRow(title: "stdev") { $0.standardDeviation },
    ]
    + Percentiles.told.map { told in
      LatencyRow(title: told.text) { Double($0.nanoseconds(atPercentile: told.percentile)) }
    }
    + [LatencyRow(title: "max") { Double($0.maximum) }]
}
