/// Zipf's law with s = 1: rank r is drawn with a probability proportional to 1 / (r + 1).
public struct Zipf: Sendable {
  private let sums: [Double]

  /// - Parameter count: how many ranks there are; at least one.
  public init(over count: Int) {
    var sum = 0.0
    sums = (1...count).map { rank in
      sum += 1 / Double(rank)
      return sum
    }
  }

  /// A rank from 0 on. Complexity: O(log count).
  public func draw(using random: inout some RandomNumberGenerator) -> Int {
    let wanted = Double.random(in: 0..<sums[sums.count - 1], using: &random)
    var (low, high) = (0, sums.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] < wanted { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// So many ranks, drawn one after the other.
  public func trace(_ count: Int, using random: inout some RandomNumberGenerator) -> [Int] {
    (0..<count).map { _ in draw(using: &random) }
  }
}

/// Requests for keys, some of them part of a scan.
public struct CacheTrace: Sendable {
  /// From here on, keys come once.
  public static let firstScanned = 1 << 40
  public let keys: [Int]

  /// As drawn, and nothing else.
  public init(_ popular: [Int]) { keys = popular }

  /// After each of the requests so many for keys that never come again.
  public init(_ popular: [Int], scanning scanned: Int) {
    var keys: [Int] = []
    keys.reserveCapacity(popular.count * (1 + scanned))
    for (time, key) in popular.enumerated() {
      keys.append(key)
      keys.append(contentsOf: (0..<scanned).map { Self.firstScanned + scanned * time + $0 })
    }
    self.keys = keys
  }

  /// The share of hits among requests for what is not scanned, the first quarter, in which a cache
  /// fills, left out.
  public func hitRatio(_ hits: [Bool]) -> Double {
    let asked = keys.indices.filter { $0 > keys.count / 4 && keys[$0] < Self.firstScanned }
    return Double(asked.count { hits[$0] }) / Double(asked.count)
  }
}
