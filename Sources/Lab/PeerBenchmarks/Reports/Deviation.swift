/// By how many standard deviations `count` of `total` differs from the share that was expected,
/// if every sample falls into it independently (binomial distribution).
func deviation(of count: Int, in total: Int, from share: Double) -> Double {
  guard total > 0 else { return .nan }
  let expected = Double(total) * share
  return (Double(count) - expected) / (expected * (1 - share)).squareRoot()
}
