internal import Glibc

/// Whether two numbers of samples differ by more than the chance of sampling explains.
///
/// Both tests ask how probable it is that the samples that were seen, all together, fall to the
/// two profiles as unevenly as they did, or more so, if nothing has changed.
public struct ChangeTest: Sendable, Equatable {
  /// What is the same if nothing has changed.
  public enum Hypothesis: Sendable, Equatable {
    /// The share in all samples: two proportions are compared. The normal approximation with
    /// pooled variance and Yates' correction for continuity, see J. L. Fleiss, B. Levin and
    /// M. C. Paik, Statistical Methods for Rates and Proportions, 3rd edition, chapter 3. Where
    /// fewer than 5 samples are to be expected on either side, R. A. Fisher's exact test instead.
    case share(newTotal: Int64, baseTotal: Int64)
    /// The number of samples, where one of the base is worth `scale` of the new: two counts of rare
    /// events are compared, given their sum. J. Przyborowski and H. Wilenski, Homogeneity of
    /// results in testing samples from Poisson series, Biometrika 31 (1940).
    case count(scale: Double)
  }

  public let hypothesis: Hypothesis

  public init(_ hypothesis: Hypothesis) { self.hypothesis = hypothesis }

  /// The probability, by chance alone, of numbers at least as unlike as these, two-sided.
  public func pValue(new: Int64, base: Int64) -> Double {
    let division = Division(new: max(0, new), base: max(0, base), hypothesis)
    return division.isLarge ? division.approximate : division.exact(at: division.new)
  }

  /// Whether as many samples, taken together, could show a change at all: for few, even that all
  /// fall to one side can be chance.
  public func canShowChange(new: Int64, base: Int64, level: Double) -> Bool {
    let division = Division(new: max(0, new), base: max(0, base), hypothesis)
    if division.isLarge { return true }
    return min(division.exact(at: division.lowest), division.exact(at: division.highest)) <= level
  }
}

/// How a number of samples divides between two profiles, and the distribution of that under the
/// hypothesis: hypergeometric for shares, binomial for counts. Side `new` is the one that fewer are
/// expected on.
private struct Division {
  var new: Double
  let seen: Double
  /// The totals; nil for counts.
  let totals: (new: Double, base: Double)?
  /// The part of all that is expected to fall to `new`.
  let part: Double

  init(new: Int64, base: Int64, _ hypothesis: ChangeTest.Hypothesis) {
    var (new, base) = (Double(new), Double(base))
    switch hypothesis {
    case .share(let newTotal, let baseTotal):
      var totals = (new: max(new, Double(newTotal)), base: max(base, Double(baseTotal)))
      // What almost every sample holds changes as much as what it leaves over.
      if new + base > (totals.new + totals.base) / 2 {
        (new, base) = (totals.new - new, totals.base - base)
      }
      if totals.new > totals.base {
        (new, base) = (base, new)
        totals = (totals.base, totals.new)
      }
      self.totals = totals
      part = totals.new / (totals.new + totals.base)
    case .count(let scale):
      if scale > 1 { (new, base) = (base, new) }
      totals = nil
      part = (scale > 1 ? 1 : scale) / (1 + scale)
    }
    self.new = new
    seen = new + base
  }

  var mean: Double { seen * part }

  /// W. G. Cochran, Some methods for strengthening the common χ² tests, Biometrics 10 (1954).
  var isLarge: Bool { mean >= 5 }

  var lowest: Double { totals.map { max(0, seen - $0.base) } ?? 0 }
  var highest: Double { totals.map { min(seen, $0.new) } ?? seen }

  var approximate: Double {
    var variance = mean * (1 - part)
    if let totals { variance *= 1 - seen / (totals.new + totals.base) }
    let distance = max(0, abs(new - mean) - 0.5)
    return variance > 0 ? erfc(distance / (2 * variance).squareRoot()) : 1
  }

  /// The probability of all divisions that are no likelier than the one at `place`.
  func exact(at place: Double) -> Double {
    // From the likeliest on both ways, so that nothing overflows; what is so far out that it is
    // never reached has no probability that a number could hold.
    let start = min(highest, max(lowest, mean.rounded(.down)))
    if place > start + 2000 { return 0 }
    var weights = [start: 1.0]
    var weight = 1.0
    var at = start
    while at > lowest, weight > 0 {
      at -= 1
      weight /= ratio(after: at)
      weights[at] = weight
    }
    (weight, at) = (1, start)
    while at < highest, at < start + 2000, weight > 0 {
      weight *= ratio(after: at)
      at += 1
      weights[at] = weight
    }
    guard let own = weights[place] else { return 0 }
    // Divisions that are as likely may differ in the last digits.
    let limit = own * (1 + 1e-9)
    var (tail, whole) = (0.0, 0.0)
    for value in weights.values.sorted() {
      whole += value
      if value <= limit { tail += value }
    }
    return min(1, tail / whole)
  }

  /// How much likelier the division with one more is than that with `number`.
  private func ratio(after number: Double) -> Double {
    guard let totals else { return (seen - number) / (number + 1) * part / (1 - part) }
    return (seen - number) * (totals.new - number)
      / ((number + 1) * (totals.base - seen + number + 1))
  }
}
