internal import Bytes
internal import Terminal

extension SavedResults {
  /// The file: JSON in gzip. The same results give the same bytes with the same zlib.
  public func compressed() throws(SavedResultsError) -> [UInt8] {
    guard runs.count <= Self.mostRuns else {
      throw SavedResultsError(
        "\(runs.count) runs are more than the \(Self.mostRuns) that fit in a file; save fewer")
    }
    let bytes = Array((json.text + "\n").utf8)
    guard bytes.count <= Self.mostBytes else {
      throw SavedResultsError(
        "\(runs.count) runs take \(SizeText.approximate(bytes.count)), more than the "
          + "\(SizeText.approximate(Self.mostBytes)) that fit in a file; save fewer")
    }
    do {
      return try Gzip.compress(bytes)
    } catch {
      throw SavedResultsError("the results cannot be compressed: \(error)")
    }
  }

  private var json: JSONValue {
    [
      "format": .string(Self.format), "schema": .integer(Int64(Self.schema)),
      "lynx": ["version": .string(version), "commit": .string(commit)],
      "machine": .object(
        machine.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }),
      "runs": .array(runs.map(\.savedJSON)),
    ]
  }
}

extension LoadResult {
  /// What a report says of the run, and its histograms.
  fileprivate var savedJSON: JSONValue {
    // The notes as they were made: those that follow from figures follow again.
    var members = members.filter { $0.name != "notes" }
    members.append(.init("notes", .array(notes.map { .string($0) })))
    members.append(.init("latency_histogram", latency.savedJSON))
    if let serviceTime { members.append(.init("service_histogram", serviceTime.savedJSON)) }
    return .object(members)
  }
}

extension LatencyHistogram {
  /// Buckets as `[lower, upper, count]`, both ends included.
  fileprivate var savedJSON: JSONValue {
    [
      "unit": "ns", "count": .integer(Int64(clamping: buckets.totalCount)),
      "clamped": .integer(Int64(clampedCount)),
      "min": .integer(Int64(clamping: minimum)), "max": .integer(Int64(clamping: maximum)),
      "buckets": .array(
        nonEmptyBuckets.map { bucket in
          .array(
            [bucket.range.lowerBound, bucket.range.upperBound, bucket.count].map {
              .integer(Int64(clamping: $0))
            })
        }),
    ]
  }
}
