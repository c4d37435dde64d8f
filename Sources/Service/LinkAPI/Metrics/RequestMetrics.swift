internal import Synchronization

/// What became of the API's own requests, for `/metrics`.
final class RequestMetrics: Sendable {
  /// Upper bounds in seconds.
  private static let bounds = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]

  private struct Key: Hashable, Comparable {
    let route: String
    let method: String
    let status: Int

    static func < (a: Self, b: Self) -> Bool {
      (a.route, a.method, a.status) < (b.route, b.method, b.status)
    }
  }

  private struct Durations {
    var counts = [UInt64](repeating: 0, count: RequestMetrics.bounds.count + 1)
    var sum = 0.0
  }

  private struct State {
    var requests: [Key: UInt64] = [:]
    var durations: [String: Durations] = [:]
  }

  private let state = Mutex(State())

  /// - Parameters:
  ///   - route: one of the server's own, not what the client asked for: there are few of those.
  ///   - method: likewise.
  func note(route: String, method: String, status: Int, seconds: Double) {
    state.withLock { state in
      state.requests[Key(route: route, method: method, status: status), default: 0] += 1
      let range = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
      state.durations[route, default: Durations()].counts[range] += 1
      state.durations[route, default: Durations()].sum += seconds
    }
  }

  func families(openConnections: Int) -> [MetricFamily] {
    let (requests, durations) = state.withLock { ($0.requests, $0.durations) }
    return [
      .counter(
        "lynx_api_requests_total", "Requests that the API answered.",
        requests.sorted { $0.key < $1.key }.map { key, count in
          Metric(
            Double(count),
            labels: [
              ("route", key.route), ("method", key.method), ("status", "\(key.status)"),
            ])
        }),
      .histogram(
        "lynx_api_request_duration_seconds",
        "Time from the end of a request to its answer.",
        durations.sorted { $0.key < $1.key }.map { route, durations in
          Metric.Histogram(
            bounds: Self.bounds, counts: durations.counts, sum: durations.sum,
            labels: [("route", route)])
        }),
      .gauge(
        "lynx_api_connections", "Connections to the API that are open.",
        [Metric(Double(openConnections))]),
    ]
  }
}
