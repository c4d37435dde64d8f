/// What changed between two profiles, by function.
public struct FunctionChanges: Sendable {
  /// The largest change of self first, then of total, then by name.
  public let rows: [Row]

  /// A function, or rather a name: where it lies may differ from one build to the next.
  public struct Row: Sendable, Equatable {
    /// As `Profile.name(of:)` has it.
    public var name: String
    /// What was seen while the function itself ran.
    public var itself: Change
    /// What was seen while the function was anywhere on the stack, however often.
    public var total: Change
  }

  public struct Change: Sendable, Equatable {
    /// Numbers of samples.
    public var new: Int64
    public var base: Int64
    /// See `ProfileComparison.changePercent`.
    public var percent: Double
    /// The probability of this or a greater change if there is none but by chance.
    public var pValue: Double
    /// Whether that is too small for chance, as many functions as there are.
    public var isBeyondNoise: Bool
  }

  /// - Complexity: O(frames of all samples).
  public init(_ comparison: ProfileComparison) throws(ProfileFormatError) {
    let new = try TopFunctions(profile: comparison.stacks, sampleType: 0)
    let base = try TopFunctions(profile: comparison.stacks, sampleType: 1)
    var counts: [String: (own: Pair, total: Pair)] = [:]
    for row in new.rows {
      counts[row.name] = ((row.selfValue, 0), (row.totalValue, 0))
    }
    for row in base.rows {
      counts[row.name, default: ((0, 0), (0, 0))].own.base = row.selfValue
      counts[row.name, default: ((0, 0), (0, 0))].total.base = row.totalValue
    }
    let own = FalseDiscoveries(counts.values.lazy.map(\.own), test: comparison.test)
    let total = FalseDiscoveries(counts.values.lazy.map(\.total), test: comparison.test)
    func change(_ pair: Pair, _ tests: FalseDiscoveries) -> Change {
      Change(
        new: pair.new, base: pair.base,
        percent: comparison.changePercent(new: pair.new, base: pair.base),
        pValue: tests.pValue(new: pair.new, base: pair.base),
        isBeyondNoise: tests.isBeyondNoise(new: pair.new, base: pair.base))
    }
    rows = counts.map { name, pair in
      Row(name: name, itself: change(pair.own, own), total: change(pair.total, total))
    }.sorted {
      let (left, right) = ($0, $1)
      return (abs(right.itself.percent), abs(right.total.percent), left.name)
        < (abs(left.itself.percent), abs(left.total.percent), right.name)
    }
  }

  private typealias Pair = (new: Int64, base: Int64)
}
