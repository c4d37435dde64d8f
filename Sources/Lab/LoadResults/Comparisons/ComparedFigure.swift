/// One figure of the runs on both sides, and what can be said about the difference.
public struct ComparedFigure: Sendable, Equatable {
  /// What is compared. All are larger than nothing in a run that answered a request.
  public enum Figure: String, Sendable, CaseIterable {
    case requestsPerSecond = "requests_per_second"
    case p50 = "latency_p50_us"
    case p99 = "latency_p99_us"
    case serverCPUPerRequest = "server_cpu_us_per_request"

    /// Of a run with requests answered; nil if it was not measured.
    func value(of run: LoadResult) -> Double? {
      switch self {
      case .requestsPerSecond: run.requestsPerSecond
      case .p50: microseconds(run, 50)
      case .p99: microseconds(run, 99)
      case .serverCPUPerRequest: run.serverCPUSecondsPerRequest.map { $0 * 1e6 }
      }
    }

    private func microseconds(_ run: LoadResult, _ percentile: Double) -> Double? {
      run.latency.isEmpty ? nil : Double(run.latency.nanoseconds(atPercentile: percentile)) / 1000
    }
  }

  public enum Verdict: String, Sendable {
    /// No difference whatsoever between so few runs would be significant.
    case tooFewRuns = "too_few_runs"
    /// None that these runs could show; there may be one.
    case noDifference = "no_difference"
    case higher, lower
  }

  /// What a difference has to be less likely than by chance, to be called one.
  public static let significance = 0.05

  public let figure: Figure
  /// The values of this side's runs, and of those it is compared with.
  public let these: Distribution
  public let those: Distribution
  /// These ÷ those.
  public let estimate: RatioEstimate
  public let test: MannWhitneyTest
  public let smallestPValue: Double

  /// Nil unless each run has a positive value of the figure.
  init?(_ figure: Figure, _ these: [LoadResult], _ those: [LoadResult]) {
    let left = these.compactMap { figure.value(of: $0) }
    let right = those.compactMap { figure.value(of: $0) }
    guard left.count == these.count, right.count == those.count else { return nil }
    guard let estimate = RatioEstimate(left, right) else { return nil }
    self.figure = figure
    self.these = Distribution(left)
    self.those = Distribution(right)
    self.estimate = estimate
    test = MannWhitneyTest(left, right)
    smallestPValue = MannWhitneyTest.smallestPValue(left.count, right.count)
  }

  /// A difference is one if the test finds it and the interval leaves out 1, which is the same
  /// unless values are equal.
  public var verdict: Verdict {
    guard smallestPValue <= Self.significance, let interval = estimate.interval else {
      return .tooFewRuns
    }
    guard test.pValue <= Self.significance else { return .noDifference }
    if interval.lowerBound > 1 { return .higher }
    return interval.upperBound < 1 ? .lower : .noDifference
  }
}
