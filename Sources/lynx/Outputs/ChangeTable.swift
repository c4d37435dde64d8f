import Profiles
import Terminal

/// What changed between two profiles as a table, the largest change of self first.
struct ChangeTable {
  private let changes: FunctionChanges
  private let comparison: ProfileComparison

  init(_ changes: FunctionChanges, of comparison: ProfileComparison) {
    self.changes = changes
    self.comparison = comparison
  }

  private var beyondNoise: Int {
    changes.rows.count { $0.itself.isBeyondNoise || $0.total.isBeyondNoise }
  }

  /// The first `limit` functions, all if nil, below a line that says what is compared; with a
  /// style, what is noise is dim and lines are cut to the width of the terminal.
  func text(limit: Int?, style: Style?) -> String {
    var table = Table([
      .init("self change", .right), .init(""), .init("new", .right), .init("base", .right),
      .init("p", .right), .init("total change", .right), .init(""), .init("new", .right),
      .init("base", .right), .init("p", .right), .init("function"),
    ])
    let rows = changes.rows.prefix(limit ?? .max)
    for row in rows {
      table.append(cells(row.itself) + cells(row.total) + [row.name])
    }
    var lines = table.lines(width: style == nil ? nil : StandardStream.output.columns)
    if let style {
      for (index, row) in rows.enumerated()
      where !row.itself.isBeyondNoise && !row.total.isBeyondNoise {
        lines[index + 1] = style.dim(lines[index + 1])
      }
      lines[0] = style.bold(lines[0])
    }
    return ([title(shown: rows.count)] + lines).joined(separator: "\n") + "\n"
  }

  private func cells(_ change: FunctionChanges.Change) -> [String] {
    let sign = change.percent < 0 ? "-" : "+"
    return [
      "\(sign)\(NumberText.fixed(abs(change.percent), places: 2))%",
      change.isBeyondNoise ? "*" : "", NumberText.grouped(change.new),
      NumberText.grouped(change.base),
      change.pValue < 0.0001 ? "<0.0001" : NumberText.fixed(change.pValue, places: 4),
    ]
  }

  private func title(shown: Int) -> String {
    let all = changes.rows.count
    let count =
      shown < all
      ? "the top \(shown) of \(NumberText.grouped(all)) functions"
      : all == 1 ? "1 function" : "\(NumberText.grouped(all)) functions"
    return "samples: \(NumberText.grouped(comparison.newTotal)) new, "
      + "\(NumberText.grouped(comparison.baseTotal)) base\(normalized), \(count), "
      + "\(NumberText.grouped(beyondNoise)) changed beyond noise (*)"
  }

  private var normalized: String { comparison.isNormalized ? ", normalized" : "" }

  /// The first `limit` functions for a report, all if nil.
  func json(limit: Int?) -> JSONValue {
    .array(
      changes.rows.prefix(limit ?? .max).map { row in
        [
          "function": .string(row.name), "self": json(row.itself), "total": json(row.total),
        ]
      })
  }

  private func json(_ change: FunctionChanges.Change) -> JSONValue {
    let newPercent = 100 * Double(change.new) / Double(comparison.newTotal)
    let basePercent = 100 * Double(change.base) / Double(comparison.baseTotal)
    return [
      "new": .integer(change.new), "base": .integer(change.base),
      "new_percent": .number(newPercent), "base_percent": .number(basePercent),
      "percentage_points": .number(newPercent - basePercent),
      "change_percent": .number(change.percent), "p_value": .number(change.pValue),
      "beyond_noise": .bool(change.isBeyondNoise),
    ]
  }

  /// What is compared, for a report.
  var summary: [JSONValue.Member] {
    [
      .init("normalized", .bool(comparison.isNormalized)),
      .init("new_samples", .integer(comparison.newTotal)),
      .init("base_samples", .integer(comparison.baseTotal)),
      .init("base_scale", .number(comparison.scale)),
      .init("noise_level", .number(FalseDiscoveries.level)),
      .init("functions", .integer(Int64(changes.rows.count))),
      .init("beyond_noise", .integer(Int64(beyondNoise))),
    ]
  }
}
