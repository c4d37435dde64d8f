public import Profiles
internal import Terminal

/// Which functions take another share of the CPU than in an earlier run, beyond noise.
public struct RunChanges: Sendable, Equatable, Codable {
  public var newSamples: Int64
  public var baseSamples: Int64
  /// Those whose own share changed, the largest change first; then those of which only what they call
  /// did, the largest first. At most ``most``.
  public var functions: [Function]
  /// How many there are in all.
  public var count: Int
  /// What makes the two hard to compare, in sentences.
  public var notes: [String]

  public struct Function: Sendable, Equatable, Codable {
    public var name: String
    /// While the function itself ran.
    public var itself: Samples
    /// While it was anywhere on the stack.
    public var total: Samples
  }

  /// How many samples there were.
  public struct Samples: Sendable, Equatable, Codable {
    public var new: Int64
    public var base: Int64
    public var isBeyondNoise: Bool
  }

  static let most = 100
  private static let longestName = 1000

  /// Compares shares, as `lynx render --diff --normalize` does.
  ///
  /// - Throws: `ProfileFormatError` as ``ProfileComparison`` does.
  public init(_ comparison: ProfileComparison) throws(ProfileFormatError) {
    newSamples = comparison.newTotal
    baseSamples = comparison.baseTotal
    notes = comparison.notes
    let rows = try FunctionChanges(comparison).rows
    let own = rows.filter(\.itself.isBeyondNoise)
    let others = rows.filter { !$0.itself.isBeyondNoise && $0.total.isBeyondNoise }
      .sorted { (abs($1.total.percent), $0.name) < (abs($0.total.percent), $1.name) }
    count = own.count + others.count
    functions = (own + others).prefix(Self.most).map { row in
      Function(
        name: String(row.name.prefix(Self.longestName)), itself: Samples(row.itself),
        total: Samples(row.total))
    }
  }

  /// The share of all samples, then and now, of 1.
  func shares(_ samples: Samples) -> (new: Double, base: Double) {
    (Double(samples.new) / Double(newSamples), Double(samples.base) / Double(baseSamples))
  }

  /// Percentage points that a share has grown by.
  func points(_ samples: Samples) -> Double {
    let (new, base) = shares(samples)
    return 100 * (new - base)
  }

  /// Whether it could have been found by a comparison, wherever it was read from.
  var isSound: Bool {
    let all = functions.flatMap { [$0.itself, $0.total] }
    return newSamples > 0 && baseSamples > 0 && count >= functions.count
      && functions.count <= Self.most
      && all.allSatisfy { (0...newSamples).contains($0.new) && (0...baseSamples).contains($0.base) }
  }
}

extension RunChanges.Samples {
  init(_ change: FunctionChanges.Change) {
    self.init(new: change.new, base: change.base, isBeyondNoise: change.isBeyondNoise)
  }
}
