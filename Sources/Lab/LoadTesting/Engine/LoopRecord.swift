internal import LoadResults

/// What one event loop measured.
struct LoopRecord: Sendable {
  /// From when a request was to start, which without a rate is when it did.
  var latency = LatencyHistogram()
  /// From when a request did start; only with a rate.
  var serviceTime = LatencyHistogram()
  /// Answered completely, and as expected.
  var requests = 0
  var bytesReceived = 0
  /// Answers by status, those that were not expected included.
  var statuses = [Int](repeating: 0, count: 1000)
  var errors = LoadErrors()
  /// What was wrong with responses, by ``ResponseFault``'s order.
  var faults = [Int](repeating: 0, count: ResponseFault.allCases.count)
  /// Answers whose status was right and whose `Location` was not.
  var wrongLocations = 0
  /// Connections that were made again after an answered request.
  var reconnects = 0
  /// Requests whose time to start came.
  var scheduled = 0
  /// The latest start, measured from when it should have been, in nanoseconds.
  var longestDelay: UInt64 = 0
  /// Requests that started more than a millisecond late.
  var lateStarts = 0
  /// Requests that should have been started and were not.
  var neverStarted = 0
  /// Connections that were open at the same time.
  var mostConnections = 0

  mutating func merge(_ other: LoopRecord) {
    latency.merge(other.latency)
    serviceTime.merge(other.serviceTime)
    requests += other.requests
    bytesReceived += other.bytesReceived
    for index in statuses.indices { statuses[index] += other.statuses[index] }
    errors.merge(other.errors)
    for index in faults.indices { faults[index] += other.faults[index] }
    wrongLocations += other.wrongLocations
    reconnects += other.reconnects
    scheduled += other.scheduled
    longestDelay = max(longestDelay, other.longestDelay)
    lateStarts += other.lateStarts
    neverStarted += other.neverStarted
    mostConnections += other.mostConnections
  }
}
