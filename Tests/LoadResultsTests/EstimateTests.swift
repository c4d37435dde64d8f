import Foundation
import LoadResults
import TestSupport
import Testing

@Suite("Estimates of a ratio and of a median")
struct EstimateTests {
  /// Noise as machines make it: most values close together, some far above.
  private func noise(_ generator: inout SeededGenerator) -> Double {
    let unit = Double.random(in: 1e-9...1, using: &generator)
    return exp(-0.03 * log(unit))
  }

  @Test(
    "the interval holds the true ratio as often as it says", arguments: [(4, 4), (7, 7), (26, 30)])
  func coverage(m: Int, n: Int) throws {
    var generator = SeededGenerator.forTest()
    let truth = 1.07
    let rounds = m > 10 ? 300 : 1500
    var holds = 0
    var confidence = 0.0
    var errors: [Double] = []
    for _ in 0..<rounds {
      let first = (0..<m).map { _ in truth * 1000 * noise(&generator) }
      let second = (0..<n).map { _ in 1000 * noise(&generator) }
      let estimate = try #require(RatioEstimate(first, second))
      let interval = try #require(estimate.interval)
      #expect(interval.contains(estimate.ratio))
      confidence = estimate.confidence
      if interval.contains(truth) { holds += 1 }
      errors.append(estimate.ratio - truth)
    }
    #expect(confidence >= 0.95 && confidence < 1)
    let share = Double(holds) / Double(rounds)
    let deviation = (confidence * (1 - confidence) / Double(rounds)).squareRoot()
    // Five standard deviations either way; the approximation for many is itself good to a percent.
    let slack = 5 * deviation + (m > 10 ? 0.01 : 0)
    #expect(abs(share - confidence) < slack, "\(share) of the intervals, not \(confidence)")
    #expect(abs(errors.sorted()[rounds / 2]) < 0.01)
  }

  @Test("the ratio is the median of all quotients, turned round when the sides are")
  func definition() throws {
    var generator = SeededGenerator.forTest()
    for _ in 0..<40 {
      func sample() -> [Double] {
        (0..<Int.random(in: 1...8, using: &generator)).map { _ in
          Double.random(in: 1...1000, using: &generator)
        }
      }
      let (first, second) = (sample(), sample())
      let quotients = first.flatMap { left in second.map { left / $0 } }.sorted()
      let middle = quotients.count / 2
      let median =
        quotients.count % 2 == 1
        ? quotients[middle] : (quotients[middle - 1] * quotients[middle]).squareRoot()
      let estimate = try #require(RatioEstimate(first, second))
      #expect(abs(estimate.ratio / median - 1) < 1e-12)
      let turned = try #require(RatioEstimate(second, first))
      #expect(abs(estimate.ratio * turned.ratio - 1) < 1e-12)
      if let interval = estimate.interval, let other = turned.interval {
        #expect(abs(interval.lowerBound * other.upperBound - 1) < 1e-12)
        // Both ends are quotients that occurred.
        for end in [interval.lowerBound, interval.upperBound] {
          #expect(quotients.contains { abs($0 / end - 1) < 1e-12 })
        }
      }
    }
  }

  @Test("the interval leaves out 1 exactly when the test finds a difference")
  func duality() throws {
    var generator = SeededGenerator.forTest()
    var found = 0
    for _ in 0..<400 {
      let m = Int.random(in: 4...9, using: &generator)
      let n = Int.random(in: 4...9, using: &generator)
      let shift = Double.random(in: 1...1.15, using: &generator)
      let first = (0..<m).map { _ in shift * noise(&generator) }
      let second = (0..<n).map { _ in noise(&generator) }
      let interval = try #require(RatioEstimate(first, second)?.interval)
      let isFound = MannWhitneyTest(first, second).pValue <= 0.05
      #expect(isFound == !interval.contains(1))
      if isFound { found += 1 }
    }
    #expect(found > 0 && found < 400)
  }

  @Test("too few values have no interval, and what is no positive number no ratio")
  func limits() {
    #expect(RatioEstimate([1, 2, 3], [1, 2, 3])?.interval == nil)
    #expect(RatioEstimate([1, 2, 3], [1, 2, 3, 4])?.interval == nil)
    #expect(RatioEstimate([1, 2, 3], [1, 2, 3, 4, 5])?.interval != nil)
    #expect(RatioEstimate([1, 2, 3, 4], [1, 2, 3, 4])?.interval != nil)
    for bad in [0, -1, Double.nan, Double.infinity] {
      #expect(RatioEstimate([1, bad], [1]) == nil)
      #expect(RatioEstimate([1], [bad]) == nil)
    }
    #expect(RatioEstimate([], [1]) == nil && RatioEstimate([1], []) == nil)
  }

  @Test("the interval of a median is the narrowest that coins allow")
  func medians() {
    for count in 1...14 {
      let interval = Distribution((0..<count).map { Double($0) }).interval95
      // All 2^n ways in which values fall on either side of the median.
      func coverage(leavingOut rank: Int) -> Double {
        let holds = (0..<(1 << count)).count { tosses in
          let below = tosses.nonzeroBitCount
          return below > rank && below < count - rank
        }
        return Double(holds) / Double(1 << count)
      }
      if let interval {
        let rank = Int(interval.lowerBound)
        #expect(interval.upperBound == Double(count - 1 - rank))
        #expect(coverage(leavingOut: rank) >= 0.95)
        #expect(coverage(leavingOut: rank + 1) < 0.95)
      } else {
        #expect(coverage(leavingOut: 0) < 0.95)
      }
    }
    for count in [1000, 1001, 5000] {
      guard let interval = Distribution((0..<count).map { Double($0) }).interval95 else {
        Issue.record("no interval for \(count) values")
        continue
      }
      let half = (interval.upperBound - interval.lowerBound) / 2
      #expect(abs(half - 0.98 * Double(count).squareRoot()) < 2)
    }
  }
}
