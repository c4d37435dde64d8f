internal import LinkAPI
internal import LinuxSystem
internal import Synchronization

/// What a store is asked for.
enum StoreOperation: Int, CaseIterable {
  case lookup, read, list, create, change, clicks, changes, keys

  var name: String { "\(self)" }
}

/// How long a store takes to answer, and how often it cannot.
final class StoreMeasurements: Sendable {
  /// Upper bounds in seconds.
  static let bounds = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
  ]

  private struct Figures {
    var counts = [UInt64](repeating: 0, count: StoreMeasurements.bounds.count + 1)
    var nanoseconds: UInt64 = 0
    var failures: UInt64 = 0
  }

  private let figures = Mutex(
    [Figures](repeating: Figures(), count: StoreOperation.allCases.count))

  func note(_ operation: StoreOperation, since start: UInt64, isFailure: Bool = false) {
    let spent = Clock.monotonicNanoseconds &- start
    let seconds = Double(spent) / 1e9
    let range = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
    figures.withLock { figures in
      figures[operation.rawValue].counts[range] &+= 1
      figures[operation.rawValue].nanoseconds &+= spent
      if isFailure { figures[operation.rawValue].failures &+= 1 }
    }
  }

  var families: [MetricFamily] {
    let figures = figures.withLock { $0 }
    let all = StoreOperation.allCases.map { ($0.name, figures[$0.rawValue]) }
    return [
      .histogram(
        "lynx_database_duration_seconds", "Time the database took to answer, waiting included.",
        all.map { name, figures in
          Metric.Histogram(
            bounds: Self.bounds, counts: figures.counts, sum: Double(figures.nanoseconds) / 1e9,
            labels: [("operation", name)])
        }),
      .counter(
        "lynx_database_errors_total", "Requests that the database could not answer.",
        all.map { name, figures in
          Metric(Double(figures.failures), labels: [("operation", name)])
        }),
    ]
  }
}
