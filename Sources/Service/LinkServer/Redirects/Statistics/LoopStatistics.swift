internal import Synchronization

/// What one event loop counts.
///
/// Unsafe code. The invariant: only the loop's thread writes, each count is one atomic word below
/// ``Place/count``, checked; others read at any time. So counting takes no lock and no locked
/// instruction.
final class LoopStatistics: @unchecked Sendable {
  /// Where a count is kept: statuses first, then the others, then buckets.
  struct Place {
    let index: Int

    static let cacheHits = Place(index: HTTPStatus.allCases.count)
    static let cacheMisses = Place(index: HTTPStatus.allCases.count + 1)
    static let opened = Place(index: HTTPStatus.allCases.count + 2)
    static let lookupErrors = Place(index: HTTPStatus.allCases.count + 3)
    static let acceptFailures = Place(index: HTTPStatus.allCases.count + 4)
    static let limitsReached = Place(index: HTTPStatus.allCases.count + 5)
    private static let firstEnd = HTTPStatus.allCases.count + 6
    /// Of latencies: their sum, then the buckets.
    static let redirects = firstEnd + ConnectionEnd.allCases.count
    static let others = redirects + 1 + RedirectStatistics.bucketCount
    static let count = others + 1 + RedirectStatistics.bucketCount

    static func status(_ status: HTTPStatus) -> Place {
      Place(index: HTTPStatus.allCases.firstIndex(of: status) ?? 0)
    }

    static func end(_ end: ConnectionEnd) -> Place { Place(index: firstEnd + end.rawValue) }

    static func bucket(_ nanoseconds: UInt64) -> Int {
      min(64 - (nanoseconds >> 10).leadingZeroBitCount, RedirectStatistics.bucketCount - 1)
    }
  }

  private let counts: UnsafeMutablePointer<Atomic<UInt64>>
  private let latest = Atomic<UInt64>(0)
  private let longest = Atomic<UInt64>(0)

  init() {
    counts = .allocate(capacity: Place.count)
    for index in 0..<Place.count { (counts + index).initialize(to: Atomic(0)) }
  }

  deinit { counts.deallocate() }

  @inline(__always)
  func add(_ amount: UInt64 = 1, to place: Place) {
    precondition(UInt(bitPattern: place.index) < UInt(bitPattern: Place.count))
    let count = counts + place.index
    let sum = count.pointee.load(ordering: .relaxed) &+ amount
    count.pointee.store(sum, ordering: .relaxed)
  }

  /// So many requests took so long; `first` is ``Place/redirects`` or ``Place/others``.
  @inline(__always)
  func addLatency(_ nanoseconds: UInt64, requests: UInt64, to first: Int) {
    add(requests, to: Place(index: first + 1 + Place.bucket(nanoseconds)))
    add(nanoseconds &* requests, to: Place(index: first))
  }

  subscript(place: Place) -> UInt64 {
    precondition(UInt(bitPattern: place.index) < UInt(bitPattern: Place.count))
    return counts[place.index].load(ordering: .relaxed)
  }

  /// For how long somebody may have waited for the loop in the last second, in nanoseconds.
  var lagNanoseconds: UInt64 {
    get { latest.load(ordering: .relaxed) }
    set { latest.store(newValue, ordering: .relaxed) }
  }

  /// The same for the last minute.
  var longestLagNanoseconds: UInt64 {
    get { longest.load(ordering: .relaxed) }
    set { longest.store(newValue, ordering: .relaxed) }
  }
}
