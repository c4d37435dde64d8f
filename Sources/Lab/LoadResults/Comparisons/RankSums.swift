/// How rank sums are distributed when two samples come from one distribution: every choice of
/// ranks is as likely as every other.
///
/// Ranks are doubled, so that the middle ranks of ties are whole numbers.
struct RankSums {
  /// The most values that are counted out: below it every count is exact in a `Double`
  /// (50 over 25 is 1.3 × 10^14, and 2^53 is 9.0 × 10^15).
  static let mostValues = 50

  /// `ways[sum]`: how many choices of `chosen` of the ranks have this sum.
  private let ways: [Double]
  private let total: Double

  /// Counts by adding one rank after the other. Nil if there are too many ranks.
  /// Complexity: O(ranks × chosen × largest sum).
  init?(doubledRanks ranks: [Int], choosing chosen: Int) {
    guard ranks.count <= Self.mostValues, chosen <= ranks.count else { return nil }
    let largest = ranks.sorted().suffix(chosen).reduce(0, +)
    var ways = Array(repeating: Array(repeating: 0.0, count: largest + 1), count: chosen + 1)
    ways[0][0] = 1
    for rank in ranks where rank <= largest {
      // From many to few, so that no rank is taken twice.
      for taken in stride(from: chosen, to: 0, by: -1) {
        for sum in rank...largest { ways[taken][sum] += ways[taken - 1][sum - rank] }
      }
    }
    self.ways = ways[chosen]
    total = self.ways.reduce(0, +)
  }

  /// The probability of a sum at least as far from `centre`, on either side.
  func probability(atLeastAsFarAs sum: Int, from centre: Int) -> Double {
    let distance = abs(sum - centre)
    var favourable = 0.0
    for (other, count) in ways.enumerated() where abs(other - centre) >= distance {
      favourable += count
    }
    return favourable / total
  }

  /// The probability of each sum, beginning with the smallest possible one, without the sums that
  /// do not occur.
  var probabilities: some Sequence<Double> { ways.lazy.filter { $0 > 0 }.map { $0 / total } }
}
