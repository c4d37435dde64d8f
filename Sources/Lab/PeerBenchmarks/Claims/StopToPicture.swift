import Glibc
import LinuxSystem
import Terminal

/// From the moment a recording is told to stop to the picture, on the Swift server.
struct StopToPicture: Claim {
  let name = "stop-to-picture"
  let summary = "seconds from the stop to the SVG, beside perf script (35 s a pair)"
  let tools = [Tool.perf, .wrk]
  private let limitSeconds = 0.5

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let server = try LoadedServer(bench)
    let seconds = bench.arguments.seconds ?? 5
    let runs = Runs(bench, server, seconds: Double(seconds))
    try bench.alternate(
      name, pairs: bench.arguments.pairs,
      [
        ("lynx", runs.lynxAfterLoad), ("perf", runs.perf), ("lynx under load", runs.lynxUnderLoad),
      ])

    var report = ClaimReport(name)
    report.commands = runs.commands
    report.series = runs.series + [server.requestRates]
    report.ratios = [
      Ratio(runs.quietProcessing, by: runs.inlineScript),
      Ratio(runs.quietProcessing, by: runs.plainScript),
      Ratio(runs.loadedProcessing, by: runs.loadedPlainScript),
    ]
    report.requirements = [
      Requirement(
        "stop to picture ≤ \(limitSeconds) s, inlines included, the load gone",
        runs.quietProcessing.distribution, .atMost(limitSeconds)),
      Requirement(
        "stop to picture ≤ \(limitSeconds) s, inlines included, the load going on",
        runs.loadedProcessing.distribution, .atMost(limitSeconds)),
    ]
    report.notes = [
      "each recording: \(seconds) s; PID is the server under wrk",
      "perf script only writes text: folding it and drawing a picture of it is not counted",
    ]
    if runs.inlineScript.givenUp > 0 {
      report.notes.append(
        "perf script with inlines was given up \(runs.inlineScript.givenUp) times after "
          + "\(bench.arguments.inlineTimeoutSeconds) s")
    }
    if runs.inlinePairs < bench.arguments.pairs {
      report.notes.append("perf script with inlines ran in the first \(runs.inlinePairs) pairs")
    }
    return report
  }
}

/// The runs of both sides, and what they gave.
private final class Runs {
  private let bench: Bench
  private let server: LoadedServer
  private let seconds: Double
  let inlinePairs: Int

  private(set) var quietProcessing = Series("lynx: stop to picture", .seconds)
  private var quietExit = Series("lynx: stop signal to exit, seen from outside", .seconds)
  private(set) var loadedProcessing = Series("lynx: stop to picture, load going on", .seconds)
  private var loadedExit = Series("lynx: stop signal to exit, load going on", .seconds)
  private var lynxSamples = Series("lynx: samples", .count)
  private var recordExit = Series("perf record: stop signal to exit", .seconds)
  private(set) var inlineScript = Series("perf script", .seconds)
  private(set) var plainScript = Series("perf script --no-inline", .seconds)
  private(set) var loadedPlainScript = Series(
    "perf script --no-inline, load going on", .seconds)

  init(_ bench: Bench, _ server: LoadedServer, seconds: Double) {
    self.bench = bench
    self.server = server
    self.seconds = seconds
    inlinePairs = min(bench.arguments.inlinePairs ?? .max, bench.arguments.pairs)
  }

  var series: [Series] {
    [
      quietProcessing, quietExit, loadedProcessing, loadedExit, inlineScript, plainScript,
      loadedPlainScript, recordExit, lynxSamples,
    ]
  }

  var commands: [[String]] {
    let perf = Perf(bench)
    return [
      bench.shown(server.command), bench.shown(server.loadCommand),
      bench.shown(Lynx(bench).attaching(to: server.processID), processID: server.processID),
      bench.shown(perf.attaching(to: server.processID), processID: server.processID),
      bench.shown(perf.script(inlines: true)), bench.shown(perf.script(inlines: false)),
    ]
  }

  func lynxAfterLoad(_ pair: Int) throws(CommandError) {
    let (summary, exit) = try lynx(underLoad: false)
    quietProcessing.set(summary.processingSeconds, pair: pair)
    quietExit.set(exit, pair: pair)
    lynxSamples.set(Double(summary.samples), pair: pair)
  }

  func lynxUnderLoad(_ pair: Int) throws(CommandError) {
    let (summary, exit) = try lynx(underLoad: true)
    loadedProcessing.set(summary.processingSeconds, pair: pair)
    loadedExit.set(exit, pair: pair)
  }

  func perf(_ pair: Int) throws(CommandError) {
    let perf = Perf(bench)
    recordExit.set(
      try record(perf.attaching(to: server.processID), underLoad: false), pair: pair)
    if pair < inlinePairs {
      let limit = Double(bench.arguments.inlineTimeoutSeconds)
      let end = try bench.run(perf.script(inlines: true), within: limit)
      inlineScript.set(end?.wallSeconds ?? limit, pair: pair, isLowerBound: end == nil)
    }
    plainScript.set(
      try bench.mustRun(perf.script(inlines: false), within: 300).wallSeconds, pair: pair)
    try server.startLoad()
    loadedPlainScript.set(
      try bench.mustRun(perf.script(inlines: false), within: 300).wallSeconds, pair: pair)
    try server.stopLoad()
  }

  private func lynx(
    underLoad: Bool
  ) throws(CommandError) -> (summary: LynxSummary, exitSeconds: Double) {
    let lynx = Lynx(bench)
    let exit = try record(lynx.attaching(to: server.processID), underLoad: underLoad)
    return (try lynx.summary(), exit)
  }

  /// Records for the time, then says how long it took to end from the signal on.
  private func record(_ command: [String], underLoad: Bool) throws(CommandError) -> Double {
    try server.startLoad()
    let recorder = try RunningProcess(command, .init(errorPath: bench.scratch("errors.txt")))
    try bench.interrupts.pause(seconds: seconds)
    if !underLoad { try server.stopLoad() }
    let stopNanoseconds = recorder.send(signal: SIGINT)
    guard let end = try bench.finish(recorder, within: 120) else {
      throw bench.failure(of: command, "did not end")
    }
    if underLoad { try server.stopLoad() }
    // perf ends by the signal itself, after its work.
    guard end.status == .exited(0) || end.status == .killed(signal: SIGINT) else {
      throw bench.failure(of: command, "failed: \(end.status)")
    }
    return Double(end.endNanoseconds - stopNanoseconds) / 1e9
  }
}
