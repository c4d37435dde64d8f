/// Which of many tests show more than chance, when so many are made that some seem to by chance.
///
/// Y. Benjamini and Y. Hochberg, Controlling the false discovery rate, Journal of the Royal
/// Statistical Society B 57 (1995): of what is called a change, at most the share `level` is none,
/// on average; if nothing has changed, the probability that anything is called a change is no
/// greater. Pairs too small to show a change are not counted among the tests, see R. E. Tarone,
/// A modified Bonferroni method for discrete data, Biometrics 46 (1990).
public struct FalseDiscoveries: Sendable {
  /// Of what is called a change, the share that may be chance.
  public static let level = 0.01

  /// Below or at which a p-value shows a change; nil if none does.
  public let threshold: Double?
  private let test: ChangeTest
  private var known: [Pair: Double] = [:]

  private struct Pair: Hashable {
    var new: Int64
    var base: Int64
  }

  /// - Complexity: O(n log n) for n pairs, and one test for each that is different.
  public init(_ pairs: some Sequence<(new: Int64, base: Int64)>, test: ChangeTest) {
    var known: [Pair: Double] = [:]
    var canShow: [Int64: Bool] = [:]
    var values: [Double] = []
    for (new, base) in pairs {
      let seen = new.addingSaturated(base)
      let counts =
        canShow[seen] ?? test.canShowChange(new: new, base: base, level: Self.level)
      canShow[seen] = counts
      guard counts else { continue }
      let pair = Pair(new: new, base: base)
      let value = known[pair] ?? test.pValue(new: new, base: base)
      known[pair] = value
      values.append(value)
    }
    values.sort()
    let last = values.indices.last {
      values[$0] <= Self.level * Double($0 + 1) / Double(values.count)
    }
    threshold = last.map { values[$0] }
    self.test = test
    self.known = known
  }

  /// The p-value of a pair.
  public func pValue(new: Int64, base: Int64) -> Double {
    known[Pair(new: new, base: base)] ?? test.pValue(new: new, base: base)
  }

  /// Whether a pair differs by more than chance explains.
  public func isBeyondNoise(new: Int64, base: Int64) -> Bool {
    guard let threshold else { return false }
    return pValue(new: new, base: base) <= threshold
  }
}
