import LoadResults
import Terminal

/// One figure of one side, once for each pair.
struct Series {
  var name: String
  var unit: Unit
  private(set) var points: [Int: Point] = [:]

  init(_ name: String, _ unit: Unit) {
    self.name = name
    self.unit = unit
  }

  struct Point {
    var value: Double
    /// The run was given up: the true value is larger.
    var isLowerBound = false
  }

  enum Unit: String {
    case seconds = "s"
    case percent = "%"
    case bytes = "MB"
    case count = ""
    case perSecond = "/s"
    case nanoseconds = "ns"
    case sigma = "sigma"

    func text(_ value: Double) -> String {
      switch self {
      case .seconds: NumberText.fixed(value, places: value < 0.1 ? 5 : 3) + " s"
      case .percent: NumberText.fixed(value, places: 3) + " %"
      case .bytes: NumberText.fixed(value / 1e6, places: 1) + " MB"
      case .count: NumberText.fixed(value, places: 0)
      case .perSecond: NumberText.fixed(value, places: 0) + " /s"
      case .nanoseconds: NumberText.fixed(value, places: 1) + " ns"
      case .sigma: NumberText.fixed(value, places: 2) + " sigma"
      }
    }
  }

  mutating func set(_ value: Double, pair: Int, isLowerBound: Bool = false) {
    points[pair] = Point(value: value, isLowerBound: isLowerBound)
  }

  var distribution: Distribution { Distribution(points.values.map(\.value)) }
  var givenUp: Int { points.values.count { $0.isLowerBound } }

  var cells: [String] {
    guard !points.isEmpty else { return [name, "0", "not measured"] }
    let distribution = distribution
    func text(_ value: Double) -> String {
      let isBound = points.values.contains { $0.isLowerBound && $0.value <= value }
      return (isBound ? "> " : "") + unit.text(value)
    }
    return [
      name, "\(points.count)", text(distribution.median),
      "\(text(distribution.minimum)) – \(text(distribution.maximum))",
      distribution.interval95.map { "\(text($0.lowerBound)) – \(text($0.upperBound))" }
        ?? "too few runs",
    ]
  }

  var json: JSONValue {
    let distribution = distribution
    return [
      "name": .string(name), "unit": .string(unit == .bytes ? "bytes" : unit.rawValue),
      "values": .array(points.sorted { $0.key < $1.key }.map { .number($0.value.value) }),
      "given_up": .integer(Int64(givenUp)), "median": .number(distribution.median),
      "interval95": distribution.interval95.json,
    ]
  }
}

extension ClosedRange<Double>? {
  var json: JSONValue {
    map { .array([.number($0.lowerBound), .number($0.upperBound)]) } ?? .null
  }
}
