internal import LinuxSystem

/// What one event loop has to do.
struct LoopSettings: Sendable {
  /// Where a server is.
  struct Server: Sendable {
    /// Tried in turn. Never empty.
    var addresses: [ResolvedAddress]
    /// TLS, if the server is to be spoken to that way.
    var security: TLSContext?
  }

  var thread = 0
  var threads = 1
  /// How many requests are under way at most, but for pipelining.
  var workers = 1
  /// The servers, of which each worker has a connection to each. Never empty.
  var servers: [Server]
  /// The most requests under way on one connection, at least 1.
  var pipeline = 1
  /// How long an answer may take, and a connection, in nanoseconds.
  var timeout: UInt64 = 2_000_000_000
  /// Requests a second of all threads together; nil for as many as are answered.
  var rate: Double?
  /// How many requests to send; nil until ``end``.
  var requests: Int?
  /// When the load begins, when what happens begins to count, and when both end (CLOCK_MONOTONIC, ns).
  var launch: UInt64
  var start: UInt64
  var end: UInt64
  var seed: UInt64 = 1
}
