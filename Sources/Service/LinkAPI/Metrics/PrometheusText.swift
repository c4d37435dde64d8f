/// The text exposition format of Prometheus, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
enum PrometheusText {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// Families of one name are written as one, since a name may have a single TYPE line; those of another
  /// kind than the first of that name are left out. Complexity: O(length of the text).
  static func write(_ families: [MetricFamily]) -> String {
    var order: [String] = []
    var merged: [String: [MetricFamily]] = [:]
    for family in families {
      if merged[family.name] == nil { order.append(family.name) }
      merged[family.name, default: []].append(family)
    }
    var text = ""
    for name in order {
      guard let all = merged[name], let first = all.first else { continue }
      text += "# HELP \(name) \(escaped(first.help, quotes: false))\n"
      text += "# TYPE \(name) \(first.kind.rawValue)\n"
      for family in all where family.kind == first.kind {
        for metric in family.metrics { write(metric, of: name, to: &text) }
      }
    }
    return text
  }

  private static func write(_ metric: Metric, of name: String, to text: inout String) {
    switch metric.content {
    case .value(let value): text += "\(name)\(labels(metric.labels)) \(number(value))\n"
    case .histogram(let histogram):
      var total: UInt64 = 0
      for (bound, count) in zip(histogram.bounds + [.infinity], histogram.counts) {
        total &+= count
        let le = Metric.Label(name: "le", value: number(bound))
        text += "\(name)_bucket\(labels(metric.labels + [le])) \(total)\n"
      }
      text += "\(name)_sum\(labels(metric.labels)) \(number(histogram.sum))\n"
      text += "\(name)_count\(labels(metric.labels)) \(total)\n"
    }
  }

  private static func labels(_ labels: [Metric.Label]) -> String {
    if labels.isEmpty { return "" }
    let pairs = labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
    return "{\(pairs.joined(separator: ","))}"
  }

  /// As Go's ParseFloat takes it.
  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if let whole = Int64(exactly: value), abs(value) < 1e15 { return "\(whole)" }
    return "\(value)"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
