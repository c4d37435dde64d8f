public import Terminal

/// All that is said of a call of the load generator.
public struct LoadReport: Sendable {
  public var runs: [LoadResult]
  public var comparisons: [LoadComparison]
  /// Sentences on runs that could not be compared.
  public var leftOut: [String]
  public var thresholds: [ThresholdOutcome]

  public init(
    runs: [LoadResult], comparisons: [LoadComparison] = [], leftOut: [String] = [],
    thresholds: [ThresholdOutcome] = []
  ) {
    self.runs = runs
    self.comparisons = comparisons
    self.leftOut = leftOut
    self.thresholds = thresholds
  }

  public var missesThreshold: Bool { thresholds.contains { !$0.isKept } }

  /// For people, in lines of at most `width` columns. Each run by itself unless they were shown
  /// as they ended.
  public func lines(style: Style, width: Int = 80, withRuns: Bool = true) -> [String] {
    var parts = withRuns ? runs.map { $0.lines(style: style, width: width) } : []
    parts.append(RunSummary.lines(of: runs, width: width))
    parts += comparisons.map { $0.lines(style: style, width: width) }
    parts.append(
      leftOut.flatMap { wrapped("note: \($0)", width: width, indent: "  ") }
        .map { style.yellow($0) })
    parts.append(thresholds.map { $0.line(style: style, width: width) })
    return Array(parts.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  /// One versioned object.
  public var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("schema", 1), .init("runs", .array(runs.map(\.json))),
    ]
    if !comparisons.isEmpty || !leftOut.isEmpty {
      members.append(.init("comparisons", .array(comparisons.map(\.json))))
      members.append(.init("not_compared", .array(leftOut.map { .string($0) })))
    }
    if !thresholds.isEmpty {
      members.append(.init("thresholds", .array(thresholds.map(\.json))))
    }
    return .object(members)
  }
}
