internal import Histogram

extension LatencyHistogram {
  /// Latencies that are counted as one.
  public struct Bucket: Sendable, Equatable {
    /// In nanoseconds.
    public var range: ClosedRange<UInt64>
    public var count: UInt64
  }

  /// The buckets that are not empty, from short to long. Complexity: O(buckets).
  public var nonEmptyBuckets: [Bucket] {
    // Not the histogram's own iterator: it sums up values, and sums of a long run overflow.
    var result: [Bucket] = []
    guard !isEmpty else { return result }
    var lower = buckets.lowestEquivalentForValue(minimum)
    while lower <= maximum {
      let next = buckets.nextNonEquivalentForValue(lower)
      let count = buckets.countForValue(lower)
      if count > 0 { result.append(Bucket(range: lower...next - 1, count: count)) }
      lower = next
    }
    return result
  }

  /// The arithmetic mean in nanoseconds, each latency taken as the middle of its bucket: within
  /// 0.05 % of the exact one; 0 if there is none.
  public var mean: Double {
    guard !isEmpty else { return 0 }
    var sum = 0.0
    for bucket in nonEmptyBuckets { sum += bucket.middle * Double(bucket.count) }
    return min(max(sum / Double(buckets.totalCount), Double(minimum)), Double(maximum))
  }

  /// The standard deviation in nanoseconds, of the latencies as `mean` takes them; 0 if there is
  /// none.
  public var standardDeviation: Double {
    guard minimum < maximum else { return 0 }
    let mean = mean
    var sum = 0.0
    for bucket in nonEmptyBuckets {
      let deviation = bucket.middle - mean
      sum += deviation * deviation * Double(bucket.count)
    }
    return (sum / Double(buckets.totalCount)).squareRoot()
  }
}

extension LatencyHistogram.Bucket {
  var middle: Double { (Double(range.lowerBound) + Double(range.upperBound)) / 2 }
}
