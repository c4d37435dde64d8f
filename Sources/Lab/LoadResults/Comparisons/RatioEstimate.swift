internal import Glibc

/// By what factor the values of one sample differ from those of another.
///
/// The estimate of Hodges and Lehmann, on logarithms: the median of all quotients of a value of the
/// first and one of the second. J. L. Hodges and E. L. Lehmann, Estimates of location based on rank
/// tests, Annals of Mathematical Statistics 34 (1963). Its interval goes from the k-th smallest to
/// the k-th largest quotient, where k comes from the distribution of the Mann–Whitney statistic,
/// whatever that of the values: M. Hollander, D. A. Wolfe and E. Chicken, Nonparametric Statistical
/// Methods, section 4.3.
public struct RatioEstimate: Sendable, Equatable {
  /// First ÷ second.
  public let ratio: Double
  /// An interval that holds the true ratio with the probability `confidence`, at least 95 %; nil
  /// if there are too few values for one.
  public let interval: ClosedRange<Double>?
  public let confidence: Double

  /// Nil if a sample is empty, or a value is not a positive finite number.
  /// Complexity: O(m · n · log(m · n)).
  public init?(_ first: [Double], _ second: [Double]) {
    guard !first.isEmpty, !second.isEmpty else { return nil }
    guard (first + second).allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
    let logarithms = second.map { log($0) }
    let differences = first.flatMap { value in logarithms.map { log(value) - $0 } }.sorted()
    ratio = exp(Distribution(sorted: differences).median)
    guard let rank = Self.rank(first.count, second.count) else {
      interval = nil
      confidence = 0
      return
    }
    interval = exp(differences[rank.value - 1])...exp(differences[differences.count - rank.value])
    confidence = rank.confidence
  }

  /// The largest k for which the statistic is below k, or as far from the other end, with a
  /// probability of at most 5 % together; nil if none is.
  private static func rank(_ m: Int, _ n: Int) -> (value: Int, confidence: Double)? {
    if let sums = RankSums(doubledRanks: (1...(m + n)).map { 2 * $0 }, choosing: min(m, n)) {
      var below = 0.0
      var rank = 0
      for probability in sums.probabilities {
        guard 2 * (below + probability) <= 0.05 else { break }
        below += probability
        rank += 1
      }
      return rank > 0 ? (rank, 1 - 2 * below) : nil
    }
    // The 97.5 % quantile of the normal distribution.
    let deviation = MannWhitneyTest.variance(Double(m), Double(n), ties: 0).squareRoot()
    let rank = (Double(m) * Double(n) / 2 - 1.959_964 * deviation).rounded(.down)
    return rank >= 1 ? (Int(rank), 0.95) : nil
  }
}
