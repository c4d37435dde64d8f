import TestSupport

/// Numbers 0, 1, 2 … that come up as often as Zipf's law says with exponent 1: the second half as
/// often as the first, the third a third as often.
struct Zipf {
  private var sums: [Double] = []

  init(over count: Int) {
    var sum = 0.0
    for rank in 1...max(1, count) {
      sum += 1 / Double(rank)
      sums.append(sum)
    }
  }

  func draw(_ random: inout SeededGenerator) -> Int {
    let wanted = Double.random(in: 0..<(sums.last ?? 1), using: &random)
    var (low, high) = (0, sums.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] < wanted { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
