import Foundation
import Profiles
import TestSupport
import Testing

@Suite("A change is told from the chance of sampling")
struct ChangeTestTests {
  private func share(_ new: Int64, _ newTotal: Int64, _ base: Int64, _ baseTotal: Int64) -> Double {
    ChangeTest(.share(newTotal: newTotal, baseTotal: baseTotal)).pValue(new: new, base: base)
  }

  @Test("Known tables of two proportions")
  func knownTables() {
    // Fisher's lady tasting tea: three of four cups right, 34/70.
    #expect(abs(share(3, 4, 1, 4) - 34.0 / 70) < 1e-12)
    #expect(abs(share(4, 4, 0, 4) - 2.0 / 70) < 1e-12)
    // 15 and 25 of 50 each: χ² with Yates' correction is 3.375.
    #expect(abs(share(15, 50, 25, 50) - erfc((3.375 / 2).squareRoot())) < 1e-12)
    #expect(share(50, 100, 50, 100) == 1)
    #expect(share(100, 100, 1000, 1000) == 1)
    #expect(share(0, 100, 0, 1000) == 1)
  }

  private func logChoose(_ n: Int64, _ k: Int64) -> Double {
    lgamma(Double(n + 1)) - lgamma(Double(k + 1)) - lgamma(Double(n - k + 1))
  }

  private func tail(_ logs: [Double], at place: Int) -> Double {
    logs.filter { $0 <= logs[place] + 1e-7 }.reduce(0) { $0 + exp($1) }
  }

  @Test("Few samples are counted out exactly")
  func exact() {
    var generator = SeededGenerator.forTest()
    for _ in 0..<2000 {
      let newTotal = Int64.random(in: 1...300, using: &generator)
      let baseTotal = Int64.random(in: 1...300, using: &generator)
      let new = Int64.random(in: 0...min(newTotal, 9), using: &generator)
      let base = Int64.random(in: 0...min(baseTotal, 9), using: &generator)
      let seen = new + base
      let part = Double(newTotal) / Double(newTotal + baseTotal)
      // At 5 itself the last digit decides which way it is taken.
      guard Double(seen) * min(part, 1 - part) < 4.999, 2 * seen <= newTotal + baseTotal else {
        continue
      }
      let lowest = max(0, seen - baseTotal)
      let shares = (lowest...min(seen, newTotal)).map { k in
        logChoose(newTotal, k) + logChoose(baseTotal, seen - k)
          - logChoose(newTotal + baseTotal, seen)
      }
      #expect(
        abs(share(new, newTotal, base, baseTotal) - tail(shares, at: Int(new - lowest))) < 1e-6)

      let scale = Double(newTotal) / Double(baseTotal)
      let counts = (0...seen).map { k in
        logChoose(seen, k) + Double(k) * log(part) + Double(seen - k) * log(1 - part)
      }
      let count = ChangeTest(.count(scale: scale)).pValue(new: new, base: base)
      #expect(abs(count - tail(counts, at: Int(new))) < 1e-6)
    }
  }

  @Test("What is turned round, or counted by what is left over, is as probable")
  func symmetry() {
    var generator = SeededGenerator.forTest()
    for _ in 0..<2000 {
      let newTotal = Int64.random(in: 1...5000, using: &generator)
      let baseTotal = Int64.random(in: 1...5000, using: &generator)
      let new = Int64.random(in: 0...newTotal, using: &generator)
      let base = Int64.random(in: 0...baseTotal, using: &generator)
      let value = share(new, newTotal, base, baseTotal)
      #expect((0...1).contains(value))
      #expect(abs(value - share(base, baseTotal, new, newTotal)) < 1e-9)
      #expect(abs(value - share(newTotal - new, newTotal, baseTotal - base, baseTotal)) < 1e-9)
      let scale = Double.random(in: 0.01...100, using: &generator)
      let count = ChangeTest(.count(scale: scale)).pValue(new: new, base: base)
      let turned = ChangeTest(.count(scale: 1 / scale)).pValue(new: base, base: new)
      #expect((0...1).contains(count) && abs(count - turned) < 1e-6)
    }
  }

  @Test("No numbers trap or give what is no probability")
  func hostile() {
    let numbers: [Int64] = [.min, -1, 0, 1, 4, 1000, 1 << 53, .max - 1, .max]
    for new in numbers {
      for base in numbers {
        for total in numbers {
          for other in numbers {
            #expect((0...1).contains(share(new, total, base, other)))
          }
        }
        for scale in [1e-9, 0.5, 1, 3, 1e9] {
          #expect((0...1).contains(ChangeTest(.count(scale: scale)).pValue(new: new, base: base)))
        }
      }
    }
  }

  /// How often each of some functions was seen, very unequal in share as in real profiles.
  private func sampled(
    _ count: Int, _ shares: [Double], _ generator: inout SeededGenerator
  ) -> [Int64] {
    var bounds: [Double] = []
    for share in shares { bounds.append((bounds.last ?? 0) + share) }
    var counts = shares.map { _ in Int64(0) }
    for _ in 0..<count {
      let place = Double.random(in: 0..<(bounds.last ?? 1), using: &generator)
      counts[bounds.firstIndex { place < $0 } ?? 0] += 1
    }
    return counts
  }

  @Test("Of samples of one distribution, no more is called a change than is stated")
  func noChange() {
    var generator = SeededGenerator.forTest()
    let shares = (1...150).map { 1 / Double($0) }
    var small = 0
    var tests = 0
    var withAny = 0
    let rounds = 400
    for round in 0..<rounds {
      let (first, second) = [(800, 800), (400, 2000), (2000, 500), (90, 90)][round % 4]
      let new = sampled(first, shares, &generator)
      let base = sampled(second, shares, &generator)
      let test = ChangeTest(.share(newTotal: Int64(first), baseTotal: Int64(second)))
      let pairs = zip(new, base).map { (new: $0, base: $1) }
      let found = FalseDiscoveries(pairs, test: test)
      if pairs.contains(where: { found.isBeyondNoise(new: $0.new, base: $0.base) }) { withAny += 1 }
      tests += pairs.count
      small += pairs.count { test.pValue(new: $0.new, base: $0.base) <= 0.05 }
    }
    // Each p-value keeps its word by itself…
    #expect(Double(small) <= 0.05 * Double(tests))
    // …and all together: of 400 comparisons 1 % show anything; 15 would be 5 deviations more.
    #expect(withAny <= 15, "\(withAny) of \(rounds)")
  }

  @Test("A real change is found among many functions that did not change")
  func change() {
    var generator = SeededGenerator.forTest()
    let shares = (1...150).map { 1 / Double($0) }
    var changed = shares
    // From 6 % to 11 %.
    changed[2] *= 2
    for _ in 0..<20 {
      let new = sampled(4000, changed, &generator)
      let base = sampled(3000, shares, &generator)
      let pairs = zip(new, base).map { (new: $0, base: $1) }
      let test = ChangeTest(.share(newTotal: 4000, baseTotal: 3000))
      let found = FalseDiscoveries(pairs, test: test)
      #expect(found.isBeyondNoise(new: new[2], base: base[2]))
    }
  }
}
