internal import Terminal

extension LoadResult {
  /// The latency's percentiles further out than the report has, each with how many were longer.
  public var percentileLines: [String] {
    let percentiles: [Double] = [
      0, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99, 99.999, 100,
    ]
    var lines = ["  percentile        latency        longer"]
    for percentile in percentiles {
      let value = latency.nanoseconds(atPercentile: percentile)
      let longer = latency.nonEmptyBuckets.reduce(UInt64(0)) { sum, bucket in
        bucket.range.lowerBound > value ? sum &+ bucket.count : sum
      }
      let name = percentile == 100 ? "max" : "\(percentile) %"
      lines.append(
        "  " + Self.padded(name, 10) + Self.padded(QuantityText.time(nanoseconds: value), 15)
          + Self.padded(NumberText.grouped(Int(clamping: longer)), 14))
    }
    return lines
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
