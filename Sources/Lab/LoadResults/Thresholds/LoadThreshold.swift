/// What a run has to keep to pass, as in `--threshold 'p99<5ms'`.
public struct LoadThreshold: Sendable, Equatable {
  public enum Figure: Sendable, Equatable {
    /// A percentile of the latency, from 0 to 100.
    case percentile(Double)
    case mean, maximum
    case requestsPerSecond
    /// All kinds of errors together.
    case errors
    /// Errors in percent of all requests that were tried.
    case errorPercent
  }

  public enum Comparison: String, Sendable, CaseIterable {
    case less = "<"
    case atMost = "<="
    case greater = ">"
    case atLeast = ">="

    func holds(_ value: Double, _ limit: Double) -> Bool {
      switch self {
      case .less: value < limit
      case .atMost: value <= limit
      case .greater: value > limit
      case .atLeast: value >= limit
      }
    }
  }

  /// As it was typed, without blanks.
  public let text: String
  public let figure: Figure
  public let comparison: Comparison
  /// In nanoseconds, a second, as a number, or in percent.
  public let limit: Double
}

/// A threshold and what a run had to show for it.
public struct ThresholdOutcome: Sendable, Equatable {
  public let threshold: LoadThreshold
  /// The name of the run.
  public let run: String
  public let isKept: Bool
  /// In the units of the limit; nil if the run gave no such figure, and then it is missed.
  public let value: Double?
}

extension LoadThreshold {
  /// Whether `run` keeps it. What was not measured is missed: a server that never answered has no
  /// good latency.
  public func outcome(of run: LoadResult) -> ThresholdOutcome {
    let value = value(of: run)
    return ThresholdOutcome(
      threshold: self, run: run.name, isKept: value.map { comparison.holds($0, limit) } ?? false,
      value: value)
  }

  private func value(of run: LoadResult) -> Double? {
    let latency = run.latency
    switch figure {
    case .percentile, .mean, .maximum:
      guard !latency.isEmpty else { return nil }
    case .requestsPerSecond: return run.durationSeconds > 0 ? run.requestsPerSecond : nil
    case .errors: return Double(run.errors.total)
    case .errorPercent:
      guard run.attempts > 0 else { return nil }
      return Double(run.errors.total) / Double(run.attempts) * 100
    }
    return switch figure {
    case .percentile(let percentile): Double(latency.nanoseconds(atPercentile: percentile))
    case .mean: latency.mean
    default: Double(latency.maximum)
    }
  }
}
