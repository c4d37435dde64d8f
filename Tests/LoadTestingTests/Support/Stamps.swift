import LinuxSystem
import LoadResults
import Synchronization
import Testing

/// When a server had read each request of its connections, and when it answered.
///
/// What the client must have measured follows from that, without a word on how fast machines are. On a
/// connection with one request under way, request k started after answer k-1 left and before request k was
/// read; its answer arrived after it left and before request k+1 was read:
///
///     answered[k] - read[k]  ≤  latency[k]  ≤  read[k+1] - answered[k-1]
final class Stamps: Sendable {
  struct Exchange {
    var read: UInt64
    /// Before the answer's first byte was sent.
    var answered: UInt64
  }

  private let connections = Mutex<[[Exchange]]>([])

  /// Answers all requests of a connection.
  ///
  /// - Parameter wait: what is done before each answer, with the request's number on its connection.
  func serve(_ peer: Peer, wait: (Int) -> Void) throws {
    var exchanges: [Exchange] = []
    defer { if !exchanges.isEmpty { connections.withLock { [exchanges] in $0.append(exchanges) } } }
    while try peer.request() != nil {
      let read = Clock.monotonicNanoseconds
      wait(exchanges.count)
      exchanges.append(Exchange(read: read, answered: Clock.monotonicNanoseconds))
      try peer.answer()
    }
  }

  var all: [[Exchange]] { connections.withLock { $0 } }
  var count: Int { all.reduce(0) { $0 + $1.count } }

  /// How long each request waited in the server at least, and how long the client can have waited at most,
  /// both ascending.
  func bounds(_ outcome: Loading.Outcome) -> (least: [UInt64], most: [UInt64]) {
    var least: [UInt64] = []
    var most: [UInt64] = []
    for exchanges in all {
      for (number, exchange) in exchanges.enumerated() {
        least.append(exchange.answered - exchange.read)
        let start = number > 0 ? exchanges[number - 1].answered : outcome.began
        let end = number + 1 < exchanges.count ? exchanges[number + 1].read : outcome.ended
        most.append(end - start)
      }
    }
    return (least.sorted(), most.sorted())
  }

  /// Holds percentiles of what the client measured against these bounds: the k-th shortest of one lies
  /// between the k-th shortest of the others. The histogram adds at most 0.1 %.
  func check(_ histogram: LatencyHistogram, _ outcome: Loading.Outcome) {
    let (least, most) = bounds(outcome)
    #expect(histogram.count == least.count)
    for percentile in [0.0, 1, 10, 25, 40, 49, 51, 60, 75, 90, 99, 99.9, 100] {
      let rank = Int((percentile / 100 * Double(least.count)).rounded(.up))
      let index = min(max(0, rank - 1), least.count - 1)
      let measured = histogram.nanoseconds(atPercentile: percentile)
      #expect(measured >= least[index], "p\(percentile) is too short")
      #expect(Double(measured) <= Double(most[index]) * 1.001 + 1, "p\(percentile) is too long")
    }
    let mean = histogram.mean
    #expect(mean >= Double(least.reduce(0, +)) / Double(least.count) * 0.9994)
    #expect(mean <= Double(most.reduce(0, +)) / Double(most.count) * 1.0006)
  }
}
