import LoadResults
import Terminal

/// One side's figure divided by the other's, pair by pair.
struct Ratio {
  let name: String
  let distribution: Distribution
  /// The divisor was larger than what is known: the true ratio is smaller.
  let isUpperBound: Bool

  init(_ dividend: Series, by divisor: Series) {
    name = "\(dividend.name) ÷ \(divisor.name)"
    var ratios: [Double] = []
    for (pair, point) in dividend.points {
      guard let other = divisor.points[pair], other.value > 0 else { continue }
      ratios.append(point.value / other.value)
    }
    distribution = Distribution(ratios)
    isUpperBound = divisor.givenUp > 0
  }

  var cells: [String] {
    guard distribution.count > 0 else { return [name, "0", "not measured"] }
    let mark = isUpperBound ? "≤ " : ""
    func text(_ value: Double) -> String { mark + NumberText.fixed(value, places: 4) }
    return [
      name, "\(distribution.count)", text(distribution.median),
      "\(text(distribution.minimum)) – \(text(distribution.maximum))",
      distribution.interval95.map { "\(text($0.lowerBound)) – \(text($0.upperBound))" }
        ?? "too few pairs",
    ]
  }

  var json: JSONValue {
    [
      "name": .string(name), "pairs": .integer(Int64(distribution.count)),
      "median": .number(distribution.median), "interval95": distribution.interval95.json,
      "is_upper_bound": .bool(isUpperBound),
    ]
  }
}
