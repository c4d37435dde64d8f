/// What a redirect server did so far, all event loops together.
public struct RedirectStatistics: Sendable {
  /// Bucket k of latencies has requests that took less than 1024 · 2^k nanoseconds, and not less than
  /// the one before; the last one all others.
  public static let bucketCount = 24

  /// Answers written, by status.
  public private(set) var requests: [HTTPStatus: UInt64] = [:]
  public private(set) var cacheHits: UInt64 = 0
  public private(set) var cacheMisses: UInt64 = 0
  /// Lookups that the store could not answer.
  public private(set) var lookupErrors: UInt64 = 0
  /// Connections at a time: as settings say, or as many as the limit of open files allows.
  public let maximumConnections: Int
  public private(set) var connectionsOpened: UInt64 = 0
  /// Connections that ended, by cause.
  public private(set) var connectionEnds: [ConnectionEnd: UInt64] = [:]
  /// Times that no connection could be accepted, for want of descriptors or memory.
  public private(set) var acceptFailures: UInt64 = 0
  /// Times that the limit of connections was reached.
  public private(set) var limitsReached: UInt64 = 0
  /// Of redirects: from the moment a request's last bytes were read to the moment its answer was
  /// written. What came together is written together, and has taken as long.
  public private(set) var latencies = [UInt64](repeating: 0, count: bucketCount)
  /// The sum of these.
  public private(set) var latencyNanoseconds: UInt64 = 0
  /// Of all other answers.
  public private(set) var otherLatencies = [UInt64](repeating: 0, count: bucketCount)
  public private(set) var otherLatencyNanoseconds: UInt64 = 0
  /// The latest of the loops: the longest that somebody may have had to wait for it in the last second,
  /// be it for its tick or for its turn with other connections.
  public private(set) var loopLagNanoseconds: UInt64 = 0
  /// The same for the last minute, for who looks only now and then.
  public private(set) var longestLoopLagNanoseconds: UInt64 = 0

  init(_ loops: [LoopStatistics], maximumConnections: Int) {
    self.maximumConnections = maximumConnections
    for loop in loops {
      for status in HTTPStatus.allCases {
        requests[status, default: 0] &+= loop[.status(status)]
      }
      cacheHits &+= loop[.cacheHits]
      cacheMisses &+= loop[.cacheMisses]
      lookupErrors &+= loop[.lookupErrors]
      connectionsOpened &+= loop[.opened]
      for end in ConnectionEnd.allCases { connectionEnds[end, default: 0] &+= loop[.end(end)] }
      acceptFailures &+= loop[.acceptFailures]
      limitsReached &+= loop[.limitsReached]
      Self.add(loop, LoopStatistics.Place.redirects, &latencyNanoseconds, &latencies)
      Self.add(loop, LoopStatistics.Place.others, &otherLatencyNanoseconds, &otherLatencies)
      loopLagNanoseconds = max(loopLagNanoseconds, loop.lagNanoseconds)
      longestLoopLagNanoseconds = max(longestLoopLagNanoseconds, loop.longestLagNanoseconds)
    }
  }

  private static func add(
    _ loop: LoopStatistics, _ first: Int, _ sum: inout UInt64, _ buckets: inout [UInt64]
  ) {
    sum &+= loop[.init(index: first)]
    for bucket in buckets.indices { buckets[bucket] &+= loop[.init(index: first + 1 + bucket)] }
  }

  public var connectionsClosed: UInt64 { connectionEnds.values.reduce(0, &+) }

  /// Connections closed because the client took too long.
  public var connectionsTimedOut: UInt64 {
    [.idle, .slowRequest, .slowReader].reduce(0) { $0 &+ (connectionEnds[$1] ?? 0) }
  }

  /// Connections that are open now, give or take those that change it meanwhile.
  public var openConnections: UInt64 {
    connectionsOpened > connectionsClosed ? connectionsOpened - connectionsClosed : 0
  }
}
