internal import Glibc

/// Whether two samples could come from one distribution: the two-sided Mann–Whitney test.
///
/// H. B. Mann and D. R. Whitney, On a test of whether one of two random variables is
/// stochastically larger than the other, Annals of Mathematical Statistics 18 (1947); with ties and
/// for large samples as in M. Hollander, D. A. Wolfe and E. Chicken, Nonparametric Statistical
/// Methods, section 4.1.
public struct MannWhitneyTest: Sendable, Equatable {
  /// In how many pairs the first sample's value is the larger; ties count as half.
  public let statistic: Double
  /// The probability of a statistic at least as far from its mean if there is no difference.
  public let pValue: Double
  /// Counted out over all ways to divide the values, ties as they are; else approximated by the
  /// normal distribution, corrected for ties and continuity.
  public let isExact: Bool

  /// - Parameters: values without order, none of which is not a number. Of an empty sample the
  ///   test says that nothing differs.
  public init(_ first: [Double], _ second: [Double]) {
    let ranks = Self.doubledRanks(first + second)
    let sum = ranks.prefix(first.count).reduce(0, +)
    let (m, n) = (Double(first.count), Double(second.count))
    statistic = Double(sum) / 2 - m * (m + 1) / 2
    guard !first.isEmpty, !second.isEmpty else {
      pValue = 1
      isExact = true
      return
    }
    // The smaller sample's sum says the same, in fewer steps.
    let chosen = min(first.count, second.count)
    let chosenSum = first.count == chosen ? sum : ranks.reduce(0, +) - sum
    if let sums = RankSums(doubledRanks: ranks, choosing: chosen) {
      let centre = chosen * (ranks.count + 1)
      pValue = sums.probability(atLeastAsFarAs: chosenSum, from: centre)
      isExact = true
    } else {
      let variance = Self.variance(m, n, ties: Self.ties(ranks))
      let distance = max(abs(statistic - m * n / 2) - 0.5, 0)
      pValue = variance > 0 ? erfc(distance / (2 * variance).squareRoot()) : 1
      isExact = false
    }
  }

  /// The smallest p that samples of these sizes can give: 2 / (m + n over m).
  public static func smallestPValue(_ first: Int, _ second: Int) -> Double {
    guard first > 0, second > 0 else { return 1 }
    var choices = 1.0
    for taken in 1...min(first, second) {
      choices *= Double(first + second - taken + 1) / Double(taken)
    }
    return min(2 / choices, 1)
  }

  /// The variance of the statistic, where `ties` is the sum of t³ − t over groups of t equal values.
  static func variance(_ m: Double, _ n: Double, ties: Double) -> Double {
    let total = m + n
    return m * n / 12 * (total + 1 - ties / (total * (total - 1)))
  }

  /// Twice the rank of each value, where equal ones have the middle of their ranks.
  private static func doubledRanks(_ values: [Double]) -> [Int] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = Array(repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      // Ranks count from 1: the group has start + 1 … end.
      for index in start..<end { ranks[order[index]] = start + 1 + end }
      start = end
    }
    return ranks
  }

  private static func ties(_ ranks: [Int]) -> Double {
    var counts: [Int: Double] = [:]
    for rank in ranks { counts[rank, default: 0] += 1 }
    return counts.values.reduce(0) { $0 + ($1 * $1 * $1 - $1) }
  }
}
