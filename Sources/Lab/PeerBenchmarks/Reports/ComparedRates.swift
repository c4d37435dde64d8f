import Terminal

/// How many calls a second two sides got done, and how long the slowest of a hundred took.
struct ComparedRates {
  private var rate: Series
  private var p99: Series
  private var peerRate: Series
  private var peerP99: Series

  init(_ name: String, _ peer: String) {
    rate = Series("\(name): calls a second", .perSecond)
    p99 = Series("\(name): p99", .seconds)
    peerRate = Series("\(peer): calls a second", .perSecond)
    peerP99 = Series("\(peer): p99", .seconds)
  }

  /// Measures Lynx's side; how many calls were counted.
  @discardableResult
  mutating func set(
    _ pair: Int, _ work: @escaping @Sendable () async throws -> OutstandingWork
  ) throws(CommandError) -> Int {
    do {
      let work = try waitFor(work)
      rate.set(work.perSecond, pair: pair)
      p99.set(work.p99Seconds, pair: pair)
      return work.latenciesNanoseconds.count
    } catch {
      throw CommandError(.failed, "\(error)")
    }
  }

  mutating func set(_ pair: Int, _ figures: Pgbench.Figures) {
    set(pair, peerPerSecond: figures.perSecond, peerP99Seconds: figures.p99Seconds)
  }

  mutating func set(_ pair: Int, peerPerSecond: Double, peerP99Seconds: Double) {
    peerRate.set(peerPerSecond, pair: pair)
    peerP99.set(peerP99Seconds, pair: pair)
  }

  func report(_ name: String, atLeast factor: Double) -> ClaimReport {
    var report = ClaimReport(name)
    report.series = [rate, peerRate, p99, peerP99]
    let rates = Ratio(rate, by: peerRate)
    let latencies = Ratio(p99, by: peerP99)
    report.ratios = [rates, latencies]
    report.requirements = [
      Requirement(
        "at least \(NumberText.fixed(factor, places: 1)) times the peer's calls a second",
        rates.distribution, .atLeast(factor)),
      Requirement("p99 no worse than the peer's", latencies.distribution, .atMost(1)),
    ]
    return report
  }
}
