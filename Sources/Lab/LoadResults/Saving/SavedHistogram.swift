internal import Histogram
internal import Terminal

/// A histogram as it is kept; refused if it is not one that could have been recorded.
struct SavedHistogram: Decodable {
  private enum CodingKeys: String, CodingKey { case unit, count, clamped, min, max, buckets }

  let histogram: LatencyHistogram

  init(from decoder: any Decoder) throws {
    let members = CheckedMembers(try decoder.container(keyedBy: CodingKeys.self))
    func wrong(_ problem: String, _ path: [any CodingKey]? = nil) -> SavedResultsError {
      SavedResultsError("\(SavedResultsError.place(path ?? decoder.codingPath)) \(problem)")
    }
    let unit = try members.container.decode(String.self, forKey: .unit)
    guard unit == "ns" else { throw wrong("has the unit \(quoted(unit)), not 'ns'") }
    let count = UInt64(try members.count(.count))
    let shortest = UInt64(try members.count(.min))
    let longest = UInt64(try members.count(.max))
    guard shortest <= longest, longest <= LatencyHistogram.topNanoseconds else {
      throw wrong("goes from \(shortest) to \(longest) ns, which no histogram does")
    }

    var rebuilt = RebuiltHistogram(shortest: shortest, longest: longest)
    var list = try members.container.nestedUnkeyedContainer(forKey: .buckets)
    while !list.isAtEnd {
      var bucket = try list.nestedUnkeyedContainer()
      let lower = try bucket.decode(UInt64.self)
      let upper = try bucket.decode(UInt64.self)
      let count = try bucket.decode(UInt64.self)
      guard bucket.isAtEnd, rebuilt.add(lower, upper, count) else {
        throw wrong("is not the next bucket of a histogram", bucket.codingPath)
      }
    }
    guard let histogram = rebuilt.finished, rebuilt.count == count else {
      throw wrong("has buckets that do not agree with its count, min and max")
    }
    self.histogram = try Self.with(histogram, clamped: try members.count(.clamped), wrong)
  }

  private static func with(
    _ histogram: LatencyHistogram, clamped: Int,
    _ wrong: (String, [any CodingKey]?) -> SavedResultsError
  ) throws -> LatencyHistogram {
    var histogram = histogram
    let top = histogram.buckets.countForValue(LatencyHistogram.topNanoseconds)
    guard UInt64(clamped) <= top else {
      throw wrong("says that \(clamped) latencies were clamped to an hour, and has fewer", nil)
    }
    histogram.clampedCount = clamped
    return histogram
  }
}

/// A histogram put together from its buckets, so that its percentiles are as they were.
private struct RebuiltHistogram {
  private let shortest: UInt64
  private let longest: UInt64
  private var histogram = LatencyHistogram()
  private var next: UInt64 = 0
  private var hasShortest = false
  private var hasLongest = false

  init(shortest: UInt64, longest: UInt64) {
    self.shortest = shortest
    self.longest = longest
  }

  var count: UInt64 { histogram.buckets.totalCount }

  /// The histogram, unless its ends were not in a bucket.
  var finished: LatencyHistogram? {
    if histogram.isEmpty { return shortest == 0 && longest == 0 ? histogram : nil }
    return hasShortest && hasLongest ? histogram : nil
  }

  /// False if this cannot be the bucket that follows those before it.
  mutating func add(_ lower: UInt64, _ upper: UInt64, _ count: UInt64) -> Bool {
    guard lower >= next, lower <= longest, upper >= shortest, lower <= upper, count > 0 else {
      return false
    }
    guard histogram.buckets.lowestEquivalentForValue(lower) == lower,
      histogram.buckets.highestEquivalentForValue(lower) == upper
    else { return false }
    let limit = UInt64(SavedResults.largestCount)
    guard count <= limit, self.count <= limit - count else { return false }
    next = upper + 1

    // The ends are known exactly, and the others only by their bucket.
    let holdsShortest = (lower...upper).contains(shortest)
    let holdsLongest = (lower...upper).contains(longest)
    hasShortest = hasShortest || holdsShortest
    hasLongest = hasLongest || holdsLongest
    var rest = count
    if holdsShortest, holdsLongest, shortest < longest {
      guard count >= 2 else { return false }
      histogram.buckets.record(longest)
      rest -= 1
    }
    histogram.buckets.record(
      holdsShortest ? shortest : holdsLongest ? longest : lower, count: rest)
    return true
  }
}
