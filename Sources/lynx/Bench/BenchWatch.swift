import LoadResults
import LoadTesting
import Terminal

/// Looks after runs: signals, the live line, and each result as it comes.
final class BenchWatch {
  private let plan: BenchPlan
  private let progress: Progress
  private let watcher: StopWatcher
  private var isStopped = false
  /// Why there is no picture, if there is none.
  var profileFailure: CommandError?

  private var name = ""
  private var total: Double?
  private var last: (seconds: Double, requests: Int)?
  private var rate = 0.0

  /// To be made before any thread is started.
  init(_ plan: BenchPlan) throws(CommandError) {
    self.plan = plan
    progress = Progress(isQuiet: plan.manner.isQuiet)
    watcher = try StopWatcher()
  }

  /// Columns of what is printed.
  static var width: Int { min(100, max(60, StandardStream.output.columns ?? 80)) }

  func note(_ text: String) { progress.note(text) }

  func finish() { progress.finish() }

  /// A run begins.
  func begin(_ settings: LoadSettings, _ turn: Int) {
    let server = plan.against == nil ? "" : "\(settings.target.authority) "
    name =
      plan.runs > 1
      ? "\(server)\(settings.name), run \(turn + 1) of \(plan.runs): " : ""
    total = settings.duration.map { duration in
      Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
    last = nil
    rate = 0
  }

  /// Shows how far the run is, and ends it if somebody wants that.
  func update(_ load: LoadRun) {
    if !isStopped, isStopWanted() { load.stop() }
    guard StandardStream.error.isTerminal, let now = load.progress else { return }
    if now.isWarmingUp { return progress.update("\(name)warming up") }
    if let before = last {
      let span = now.elapsedSeconds - before.seconds
      if span >= 1 {
        rate = Double(now.requests - before.requests) / span
        last = (now.elapsedSeconds, now.requests)
      } else if rate == 0, span > 0.2 {
        rate = Double(now.requests - before.requests) / span
      }
    } else {
      last = (now.elapsedSeconds, now.requests)
      if now.elapsedSeconds > 0 { rate = Double(now.requests) / now.elapsedSeconds }
    }
    let p99 = now.latency.isEmpty ? nil : now.latency.nanoseconds(atPercentile: 99)
    let figures = LiveFigures(
      requestsPerSecond: rate, p99Nanoseconds: p99, errors: now.errors.total,
      elapsedSeconds: now.elapsedSeconds, totalSeconds: total)
    progress.update("\(name)\(figures.text); Ctrl-C ends and reports")
  }

  /// A recording that goes with a run says how it is getting on.
  func update(samples: Int64, seconds: Double) {
    progress.update(
      "\(name)\(NumberText.grouped(samples)) samples in \(NumberText.fixed(seconds, places: 1)) s; "
        + "Ctrl-C ends and reports")
  }

  /// Whether somebody has asked for the end.
  func isStopWanted() -> Bool {
    if !isStopped { isStopped = watcher.isStopWanted() }
    return isStopped
  }

  /// The run was ended early by what else listens for signals.
  func noteStop() { isStopped = true }

  /// Tells what a run measured: whole, or in a line if more of the same follow.
  func show(_ result: LoadResult, isOnly: Bool) throws(CommandError) {
    progress.finish()
    if plan.manner.isQuiet || plan.report == .standardOutput { return }
    if isOnly {
      var lines = result.lines(
        style: Style(plan.manner.color, for: .output), width: Self.width)
      if plan.printsPercentiles { lines += [""] + result.percentileLines }
      try StandardStream.output.write(lines.joined(separator: "\n") + "\n")
    } else {
      let p99 = Double(result.latency.nanoseconds(atPercentile: 99)) / 1e6
      progress.note(
        "\(name)\(NumberText.grouped(Int(result.requestsPerSecond)))/s, p99 "
          + "\(NumberText.fixed(p99, places: 3)) ms, "
          + (result.errors.total == 0 ? "no errors" : "\(result.errors.total) errors"))
    }
  }
}
