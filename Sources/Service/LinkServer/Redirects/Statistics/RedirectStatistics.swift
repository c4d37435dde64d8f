/// What a redirect server did so far, all event loops together.
public struct RedirectStatistics: Sendable {
  /// Bucket k of ``latencies`` has requests that took less than 1024 · 2^k nanoseconds, and not less
  /// than the one before; the last one all others.
  public static let bucketCount = 24

  /// Answers written, by status.
  public private(set) var requests: [HTTPStatus: UInt64] = [:]
  public private(set) var cacheHits: UInt64 = 0
  public private(set) var cacheMisses: UInt64 = 0
  /// Lookups that the store could not answer.
  public private(set) var lookupErrors: UInt64 = 0
  public private(set) var connectionsOpened: UInt64 = 0
  public private(set) var connectionsClosed: UInt64 = 0
  /// Connections closed because the client took too long.
  public private(set) var connectionsTimedOut: UInt64 = 0
  /// From the moment a request's last bytes were read to the moment its answer was written.
  public private(set) var latencies = [UInt64](repeating: 0, count: bucketCount)
  /// The sum of all latencies.
  public private(set) var latencyNanoseconds: UInt64 = 0
  /// The latest of the loops: by how much it was late for its last tick.
  public private(set) var loopLagNanoseconds: UInt64 = 0

  init(_ loops: [LoopStatistics]) {
    for loop in loops {
      for status in HTTPStatus.allCases {
        requests[status, default: 0] &+= loop[.status(status)]
      }
      cacheHits &+= loop[.cacheHits]
      cacheMisses &+= loop[.cacheMisses]
      lookupErrors &+= loop[.lookupErrors]
      connectionsOpened &+= loop[.opened]
      connectionsClosed &+= loop[.closed]
      connectionsTimedOut &+= loop[.timedOut]
      latencyNanoseconds &+= loop[.nanoseconds]
      for bucket in latencies.indices {
        latencies[bucket] &+= loop[.init(index: LoopStatistics.Place.firstBucket + bucket)]
      }
      loopLagNanoseconds = max(loopLagNanoseconds, loop.lagNanoseconds)
    }
  }

  /// Connections that are open now, give or take those that change it meanwhile.
  public var openConnections: UInt64 {
    connectionsOpened > connectionsClosed ? connectionsOpened - connectionsClosed : 0
  }
}
