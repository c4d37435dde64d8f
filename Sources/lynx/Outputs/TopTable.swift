import Profiles
import Terminal

/// The functions of a profile as a table, those with the most self value first.
struct TopTable {
  private let functions: TopFunctions
  private let sampleCount: Int

  init(_ profile: Profile) throws(ProfileFormatError) {
    functions = try TopFunctions(profile: profile)
    sampleCount = profile.samples.count
  }

  /// The first `limit` functions, all if nil, below a line that says what is counted; coloured and
  /// cut to the width of the terminal if there is a style.
  func text(limit: Int?, style: Style?) -> String {
    let unit = ValueUnit(of: functions.sampleType, total: functions.total)
    var table = Table([
      .init("self %", .right), .init("self", .right), .init("total %", .right),
      .init("total", .right), .init("function"),
    ])
    let rows = functions.rows.prefix(limit ?? .max)
    for row in rows {
      table.append([
        NumberText.percentage(row.selfValue, of: functions.total), unit.text(row.selfValue),
        NumberText.percentage(row.totalValue, of: functions.total), unit.text(row.totalValue),
        row.name,
      ])
    }
    var lines = table.lines(width: style == nil ? nil : StandardStream.output.columns)
    if let style, let titles = lines.first { lines[0] = style.bold(titles) }
    return ([title(unit: unit, shown: rows.count)] + lines).joined(separator: "\n") + "\n"
  }

  private func title(unit: ValueUnit, shown: Int) -> String {
    let type = functions.sampleType
    let counted = printable(
      type.unit.isEmpty || type.unit == "count" ? type.type : "\(type.type) (\(type.unit))")
    let all = functions.rows.count
    let count =
      shown < all
      ? "the top \(shown) of \(NumberText.grouped(all)) functions"
      : all == 1 ? "1 function" : "\(NumberText.grouped(all)) functions"
    return "\(counted): \(unit.text(functions.total)) in total, \(count)"
  }

  /// The first `limit` functions for a report.
  func json(limit: Int) -> JSONValue {
    .array(
      functions.rows.prefix(limit).map { row in
        [
          "function": .string(row.name), "self": .integer(row.selfValue),
          "total": .integer(row.totalValue),
        ]
      })
  }

  /// What is counted and how much, for a report.
  var summary: [JSONValue.Member] {
    [
      .init(
        "sample_type",
        [
          "type": .string(functions.sampleType.type), "unit": .string(functions.sampleType.unit),
        ]),
      .init("total", .integer(functions.total)),
      .init("stacks", .integer(Int64(sampleCount))),
      .init("functions", .integer(Int64(functions.rows.count))),
    ]
  }
}

/// How the values of one table are written: one unit for all, so that they line up.
private enum ValueUnit {
  case plain
  case bytes
  /// Divide by `divisor` to get what `suffix` names.
  case time(divisor: Double, suffix: String)

  init(of type: Profile.ValueType, total: Int64) {
    let nanoseconds: Double
    switch type.unit {
    case "nanoseconds": nanoseconds = 1
    case "microseconds": nanoseconds = 1e3
    case "milliseconds": nanoseconds = 1e6
    case "seconds": nanoseconds = 1e9
    case "bytes":
      self = .bytes
      return
    default:
      self = .plain
      return
    }
    let inSeconds = Double(total) * nanoseconds >= 1e9
    self = .time(
      divisor: (inSeconds ? 1e9 : 1e6) / nanoseconds, suffix: inSeconds ? "s" : "ms")
  }

  func text(_ value: Int64) -> String {
    switch self {
    case .plain: NumberText.grouped(value)
    case .bytes: SizeText.approximate(Int(value))
    case .time(let divisor, let suffix):
      NumberText.fixed(Double(value) / divisor, places: 2) + suffix
    }
  }
}
