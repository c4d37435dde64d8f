import LoadResults
import TestSupport
import Testing

/// In how many pairs the value of `first` is larger, ties as half: the definition, pair by pair.
private func pairsWon(_ first: [Double], _ second: [Double]) -> Double {
  var won = 0.0
  for left in first {
    for right in second { won += left > right ? 1 : left == right ? 0.5 : 0 }
  }
  return won
}

/// The share of all ways to divide the values that are at least as far from the mean.
private func shareOfDivisions(_ first: [Double], _ second: [Double]) -> Double {
  let all = first + second
  let middle = Double(first.count * second.count) / 2
  let distance = abs(pairsWon(first, second) - middle)
  var asFar = 0
  var total = 0
  for choice in 0..<(1 << all.count) where choice.nonzeroBitCount == first.count {
    let chosen = all.indices.filter { choice >> $0 & 1 == 1 }
    let others = all.indices.filter { choice >> $0 & 1 == 0 }
    total += 1
    if abs(pairsWon(chosen.map { all[$0] }, others.map { all[$0] }) - middle) >= distance {
      asFar += 1
    }
  }
  return Double(asFar) / Double(total)
}

@Suite("The Mann–Whitney test")
struct MannWhitneyTests {
  @Test("p is the share of all divisions as far apart, with ties and without")
  func bruteForce() {
    var generator = SeededGenerator.forTest()
    for round in 0..<60 {
      let distinct = round % 2 == 0 ? 1_000_000 : 4
      func sample() -> [Double] {
        (0..<Int.random(in: 1...5, using: &generator)).map { _ in
          Double(Int.random(in: 0..<distinct, using: &generator))
        }
      }
      let (first, second) = (sample(), sample())
      let test = MannWhitneyTest(first, second)
      #expect(test.isExact)
      #expect(test.statistic == pairsWon(first, second))
      let expected = shareOfDivisions(first, second)
      #expect(abs(test.pValue - expected) < 1e-12, "\(first) against \(second)")
      #expect(MannWhitneyTest(second, first).pValue == test.pValue)
    }
  }

  @Test("tables of the field say the same")
  func published() {
    // Hollander, Wolfe and Chicken, and others: two of C(m + n, m) choices are the farthest apart.
    #expect(abs(MannWhitneyTest([1, 2, 3], [4, 5, 6]).pValue - 0.1) < 1e-12)
    #expect(abs(MannWhitneyTest([1, 2, 3, 4], [5, 6, 7, 8]).pValue - 2.0 / 70) < 1e-12)
    #expect(abs(MannWhitneyTest([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]).pValue - 2.0 / 252) < 1e-12)
    // The critical value of U for 7 against 7 at 5 % is 8, and for 10 against 10 it is 23.
    #expect(critical(7, 7) == 8)
    #expect(critical(10, 10) == 23)
    #expect(critical(5, 8) == 6)
  }

  /// The largest U with p ≤ 0.05.
  private func critical(_ m: Int, _ n: Int) -> Int? {
    // One of the first sample above `u` of the second, pair by pair, for each u.
    (0...(m * n / 2)).last { u in
      var first: [Double] = []
      var rest = u
      // Each of the first sample beats as many of the second as are left, from the top down.
      for place in (0..<m).reversed() {
        let beaten = min(rest, n)
        rest -= beaten
        first.append(Double(beaten) + 0.5 + Double(place) / 1000)
      }
      let second = (1...n).map { Double($0) }
      let test = MannWhitneyTest(first, second)
      return test.statistic == Double(u) && test.pValue <= 0.05
    }
  }

  @Test("the approximation for many values agrees with random divisions of them")
  func approximation() {
    var generator = SeededGenerator.forTest()
    for shift in [0, 3, 8] {
      func sample(_ count: Int) -> [Double] {
        (0..<count).map { _ in Double(Int.random(in: 0...40, using: &generator)) }
      }
      let first = sample(25).map { $0 + Double(shift) }
      let second = sample(27)
      let test = MannWhitneyTest(first, second)
      #expect(!test.isExact)
      #expect(test.statistic == pairsWon(first, second))
      let middle = Double(first.count * second.count) / 2
      let rounds = 2000
      let asFar = (0..<rounds).count { _ in
        let all = (first + second).shuffled(using: &generator)
        let won = pairsWon(Array(all.prefix(first.count)), Array(all.dropFirst(first.count)))
        return abs(won - middle) >= abs(test.statistic - middle)
      }
      let share = Double(asFar) / Double(rounds)
      let deviation = (test.pValue * (1 - test.pValue) / Double(rounds)).squareRoot()
      #expect(abs(share - test.pValue) < 5 * deviation + 0.01)
    }
  }

  @Test("without a difference p is small as often as it says")
  func falseAlarms() {
    var generator = SeededGenerator.forTest()
    for (m, n) in [(5, 5), (7, 7), (30, 40)] {
      let rounds = 2000
      let alarms = (0..<rounds).count { _ in
        let first = (0..<m).map { _ in Double.random(in: 0...1, using: &generator) }
        let second = (0..<n).map { _ in Double.random(in: 0...1, using: &generator) }
        return MannWhitneyTest(first, second).pValue <= 0.05
      }
      // Five standard deviations above 5 %.
      #expect(
        Double(alarms) / Double(rounds) < 0.05 + 5 * (0.05 * 0.95 / Double(rounds)).squareRoot())
      #expect(alarms > 0)
    }
  }

  @Test("nothing to compare is no difference")
  func degenerate() {
    #expect(MannWhitneyTest([], []).pValue == 1)
    #expect(MannWhitneyTest([1], []).pValue == 1)
    #expect(MannWhitneyTest([], [1]).pValue == 1)
    #expect(MannWhitneyTest([5], [5]).pValue == 1)
    let same = Array(repeating: 3.0, count: 40)
    #expect(MannWhitneyTest(same, same).pValue == 1)
    #expect(MannWhitneyTest.smallestPValue(0, 5) == 1)
    #expect(MannWhitneyTest.smallestPValue(1, 1) == 1)
    #expect(abs(MannWhitneyTest.smallestPValue(3, 3) - 0.1) < 1e-12)
    #expect(MannWhitneyTest.smallestPValue(5000, 5000) == 0)
  }
}
