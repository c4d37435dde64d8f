public import Terminal

extension ThresholdOutcome {
  /// What the run had: `4.821 ms`.
  public var observed: String {
    guard let value else { return "not measured" }
    return switch threshold.figure {
    case .percentile, .mean, .maximum: QuantityText.time(nanoseconds: value)
    case .requestsPerSecond: QuantityText.rate(value)
    case .errors: QuantityText.grouped(value)
    case .errorPercent: NumberText.fixed(value, places: 4) + "%"
    }
  }

  /// `kept: p99<5ms in redirect-hot: 4.821 ms`, in `width` columns.
  public func line(style: Style, width: Int = 80) -> String {
    let word = isKept ? "kept" : "missed"
    let text = "\(word): \(threshold.text) in \(run): \(observed)"
    let shown = cut(printable(text), toWidth: width)
    return isKept ? style.green(shown) : style.red(shown)
  }

  /// The outcome as a member of `"thresholds"`; times in microseconds.
  public var json: JSONValue {
    [
      "threshold": .string(threshold.text), "run": .string(run), "kept": .bool(isKept),
      "unit": .string(unit), "limit": .number(threshold.limit / scale),
      "observed": value.map { .number($0 / scale) } ?? .null,
    ]
  }

  private var unit: String {
    switch threshold.figure {
    case .percentile, .mean, .maximum: "us"
    case .requestsPerSecond: "1/s"
    case .errors: "1"
    case .errorPercent: "%"
    }
  }

  private var scale: Double { unit == "us" ? 1000 : 1 }
}
