import LoadResults
import TestSupport
import Testing

@Suite("Latency histograms")
struct LatencyHistogramTests {
  @Test("percentiles are those of the sorted latencies, at most a thousandth longer")
  func percentiles() {
    var generator = SeededGenerator.forTest()
    for _ in 0..<150 {
      let count = Int.random(in: 1...2000, using: &generator)
      let latencies = anyLatencies(count, &generator)
      let sorted = latencies.map { min($0, LatencyHistogram.topNanoseconds) }.sorted()
      let histogram = histogram(of: latencies)
      #expect(histogram.count == count)
      #expect(histogram.minimum == sorted[0])
      #expect(histogram.maximum == sorted[count - 1])
      #expect(
        histogram.clampedCount == latencies.count { $0 > LatencyHistogram.topNanoseconds })
      for percentile in [0.1, 1, 25, 50, 75, 90, 99, 99.9, 99.99, 100] {
        // The smallest latency that so many percent do not exceed (nearest rank).
        let rank = Int((percentile / 100 * Double(count) - 1e-9).rounded(.up))
        let exact = sorted[max(rank, 1) - 1]
        let found = histogram.nanoseconds(atPercentile: percentile)
        #expect(found >= exact, "p\(percentile) of \(count)")
        #expect(Double(found) <= Double(exact) * 1.001, "p\(percentile) of \(count)")
      }
    }
  }

  @Test("mean and standard deviation are the exact ones within the buckets' width")
  func moments() {
    var generator = SeededGenerator.forTest()
    for _ in 0..<100 {
      let latencies = anyLatencies(Int.random(in: 1...500, using: &generator), &generator)
      let exact = latencies.map { Double(min($0, LatencyHistogram.topNanoseconds)) }
      let mean = exact.reduce(0, +) / Double(exact.count)
      let variance = exact.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(exact.count)
      let histogram = histogram(of: latencies)
      #expect(abs(histogram.mean - mean) <= mean * 0.000_5 + 1e-9)
      // Each value moves by at most that much, and so does the root of the mean square.
      let largest = exact.max() ?? 0
      #expect(
        abs(histogram.standardDeviation - variance.squareRoot()) <= largest * 0.001 + 1e-6)
    }
  }

  @Test("merging is recording all in one")
  func merging() {
    var generator = SeededGenerator.forTest()
    for _ in 0..<50 {
      let parts = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
        anyLatencies(Int.random(in: 0...300, using: &generator), &generator)
      }
      var merged = LatencyHistogram()
      for part in parts { merged.merge(histogram(of: part)) }
      #expect(merged == histogram(of: parts.joined()))
    }
  }

  @Test("buckets are apart, in order, and hold every latency")
  func buckets() {
    var generator = SeededGenerator.forTest()
    for _ in 0..<50 {
      let latencies = anyLatencies(Int.random(in: 0...500, using: &generator), &generator)
      var rest = latencies.map { min($0, LatencyHistogram.topNanoseconds) }.sorted()[...]
      var last: UInt64?
      for bucket in histogram(of: latencies).nonEmptyBuckets {
        if let last { #expect(bucket.range.lowerBound > last) }
        last = bucket.range.upperBound
        let inside = rest.prefix { bucket.range.contains($0) }
        #expect(inside.count == Int(bucket.count))
        rest = rest.dropFirst(inside.count)
      }
      #expect(rest.isEmpty)
    }
  }

  @Test("nothing recorded is zero, and no percentile is out of range")
  func extremes() {
    let empty = LatencyHistogram()
    #expect(empty.isEmpty && empty.count == 0 && empty.nonEmptyBuckets.isEmpty)
    #expect(empty.mean == 0 && empty.standardDeviation == 0)
    #expect(empty.minimum == 0 && empty.maximum == 0)
    let some = histogram(of: [0, 7, .max])
    for percentile in [Double.nan, -Double.infinity, -1, 0, 1e-300] {
      #expect(empty.nanoseconds(atPercentile: percentile) == 0)
      #expect(some.nanoseconds(atPercentile: percentile) == 0)
    }
    for percentile in [100, 100.1, Double.infinity] {
      #expect(empty.nanoseconds(atPercentile: percentile) == 0)
      #expect(some.nanoseconds(atPercentile: percentile) == LatencyHistogram.topNanoseconds)
    }
  }
}
