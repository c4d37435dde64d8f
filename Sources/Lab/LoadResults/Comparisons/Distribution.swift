/// Numbers of which the middle and its uncertainty are wanted, without assuming how they are
/// distributed.
public struct Distribution: Sendable, Equatable {
  /// In ascending order.
  private let values: [Double]

  /// - Parameter values: at least one, or the median is not a number.
  public init(_ values: [Double]) {
    self.init(sorted: values.sorted())
  }

  init(sorted values: [Double]) {
    self.values = values
  }

  public var count: Int { values.count }
  public var minimum: Double { values.first ?? .nan }
  public var maximum: Double { values.last ?? .nan }

  public var median: Double {
    guard let last = values.indices.last else { return .nan }
    return (values[last / 2] + values[(last + 1) / 2]) / 2
  }

  /// An interval that holds the true median with a probability of at least 95 %: from the k-th
  /// smallest to the k-th largest value with the largest k for which a fair coin thrown n times
  /// shows fewer than k heads, or fewer than k tails, with a probability of at most 5 % together.
  ///
  /// Nil for fewer than six values: no two of them make such an interval. See W. J. Conover,
  /// Practical Nonparametric Statistics, section on the confidence interval for a quantile, or
  /// Hahn and Meeker, Statistical Intervals, section on distribution-free intervals.
  public var interval95: ClosedRange<Double>? {
    let count = values.count
    guard count > 0 else { return nil }
    guard count <= 1000 else {
      // 2^-n would be zero; the binomial distribution is as good as normal by then.
      let rank = Int((Double(count) / 2 - 0.979_982 * Double(count).squareRoot()).rounded(.down))
      return values[rank - 1]...values[count - rank]
    }
    var term = 1.0
    for _ in 0..<count { term /= 2 }
    var below = 0.0
    var rank = 0
    // `term` is the probability of exactly `rank` heads, `below` that of fewer.
    while rank < count / 2 {
      below += term
      guard 2 * below <= 0.05 else { break }
      term *= Double(count - rank) / Double(rank + 1)
      rank += 1
    }
    guard rank > 0 else { return nil }
    return values[rank - 1]...values[count - rank]
  }
}
