internal import Histogram

/// Latencies of one thread, or of all: how many there were of each length, to three significant
/// digits from 1 ns to 1 h.
///
/// An HDR histogram (Gil Tene, HdrHistogram): buckets as wide as the values are long, so that a
/// percentile of it is at most 0.1 % above the exact one, and never below. 264 KiB each.
public struct LatencyHistogram: Sendable, Equatable {
  /// The longest latency that is told apart: one hour.
  public static let topNanoseconds: UInt64 = 3_600_000_000_000

  var buckets = Self.empty
  /// How many were longer than an hour, and count as one.
  public internal(set) var clampedCount = 0

  public init() {}

  private static var empty: Histogram<UInt64> {
    Histogram(
      lowestDiscernibleValue: 1, highestTrackableValue: topNanoseconds,
      numberOfSignificantValueDigits: .three)
  }

  /// Counts one latency. Complexity: O(1), without allocation unless the histogram was copied.
  public mutating func record(nanoseconds: UInt64) {
    if nanoseconds > Self.topNanoseconds { clampedCount &+= 1 }
    buckets.record(min(nanoseconds, Self.topNanoseconds))
  }

  /// Counts all of `other` as well, as if each had been recorded here. Complexity: O(buckets).
  public mutating func merge(_ other: LatencyHistogram) {
    buckets.add(other.buckets)
    clampedCount &+= other.clampedCount
  }

  public var count: Int { Int(clamping: buckets.totalCount) }
  public var isEmpty: Bool { buckets.totalCount == 0 }

  /// The longest, exactly; 0 if there is none.
  public var maximum: UInt64 { buckets.maxRecorded }
  /// The shortest, exactly; 0 if there is none.
  public var minimum: UInt64 { isEmpty ? 0 : buckets.min }

  /// The latency that `percentile` percent did not exceed, at most 0.1 % too long; 0 if there is
  /// none. What is below 0, above 100 or no number counts as the nearest that is.
  /// Complexity: O(buckets).
  public func nanoseconds(atPercentile percentile: Double) -> UInt64 {
    guard percentile > 0 else { return minimum }
    return buckets.valueAtPercentile(min(percentile, 100))
  }
}
