import Glibc
import LinuxSystem
import Terminal

/// The share of user stacks that reach a root.
struct WholeStacks: Claim {
  let name = "whole-stacks"
  let summary = "share of user stacks that reach a root, beside perf (30 s a pair)"
  let tools = [Tool.perf, .wrk, .gxx]
  private let leastSamples = 10_000

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let seconds = bench.arguments.seconds ?? 5
    var report = ClaimReport(name)

    let deep = try Fixture.deep.build(bench)
    report.commands.append(deep.command)
    let program = WholeStackRuns("deep.cpp", bench) { recorder throws(CommandError) in
      try recorder.launch([deep.path, "\(seconds)"])
    }
    try measure(program, requiredPercent: 99.9, bench, &report)

    let server = try LoadedServer(bench)
    report.commands += [bench.shown(server.command), bench.shown(server.loadCommand)]
    let swift = WholeStackRuns("Swift server", bench) { recorder throws(CommandError) in
      try server.startLoad()
      try recorder.attach(to: server.processID, seconds: Double(seconds))
      try server.stopLoad()
    }
    try measure(swift, requiredPercent: 99.5, bench, &report)
    report.notes += [
      "each recording: \(seconds) s at 997 Hz, \(Lynx.stackBytes) bytes of stack on both sides",
      "rooted: the outermost user frame is _start, clone, clone3, start_thread or thread_start; "
        + "lynx counted from its artifact, perf from perf script --no-inline",
    ]
    return report
  }

  private func measure(
    _ runs: WholeStackRuns, requiredPercent: Double, _ bench: Bench, _ report: inout ClaimReport
  ) throws(CommandError) {
    try bench.alternate(
      "\(name), \(runs.target)", pairs: bench.arguments.pairs,
      [("lynx", runs.lynx), ("perf", runs.perf)])
    report.commands += runs.commands
    report.series += runs.series
    report.requirements += [
      Requirement(
        "\(runs.target): rooted ≥ \(requiredPercent) %", runs.lynxPercent.distribution,
        .atLeast(requiredPercent)),
      Requirement(
        "\(runs.target): rooted ≥ \(requiredPercent) % of \(runs.lynxTotal.userStacks) stacks "
          + "together, at least \(leastSamples)",
        runs.lynxTotal.samples < leastSamples
          ? .undecided : runs.lynxTotal.percent >= requiredPercent ? .holds : .missed),
      Requirement("\(runs.target): no lost samples", runs.lynxLost == 0 ? .holds : .missed),
    ]
    report.notes += runs.notes
  }
}

/// One target under both profilers.
private final class WholeStackRuns {
  let target: String
  private let bench: Bench
  private let recording: (inout Recorder) throws(CommandError) -> Void
  private(set) var commands: [[String]] = []

  private(set) var lynxPercent: Series
  private var foldedPercent: Series
  private var summaryPercent: Series
  private var perfPercent: Series
  private(set) var lynxTotal = Rooted()
  private var perfTotal = Rooted()
  private(set) var lynxLost = 0
  private var perfLost = 0

  init(
    _ target: String, _ bench: Bench,
    recording: @escaping (inout Recorder) throws(CommandError) -> Void
  ) {
    self.target = target
    self.bench = bench
    self.recording = recording
    lynxPercent = Series("\(target): lynx, from the artifact", .percent)
    foldedPercent = Series("\(target): lynx, from the folded stacks", .percent)
    summaryPercent = Series("\(target): lynx, as its summary says", .percent)
    perfPercent = Series("\(target): perf", .percent)
  }

  var series: [Series] { [lynxPercent, foldedPercent, summaryPercent, perfPercent] }

  var notes: [String] {
    [describe("lynx", lynxTotal, lynxLost), describe("perf", perfTotal, perfLost)]
  }

  private func describe(_ side: String, _ total: Rooted, _ lost: Int) -> String {
    "\(target), \(side): \(total.samples) samples, \(total.userStacks) with user frames, "
      + "\(total.rooted) of them rooted (\(NumberText.fixed(total.percent, places: 3)) %), "
      + "\(lost) lost"
  }

  func lynx(_ pair: Int) throws(CommandError) {
    var lynx = Lynx(bench)
    lynx.writesFolded = true
    try record(attaching: lynx.attaching, launching: lynx.launching)
    let summary = try lynx.summary()
    let artifact = try Rooted(artifact: lynx.artifactPath)
    lynxPercent.set(artifact.percent, pair: pair)
    foldedPercent.set(try Rooted(folded: lynx.foldedPath).percent, pair: pair)
    summaryPercent.set(summary.rootedPercent, pair: pair)
    lynxTotal += artifact
    lynxLost += summary.lost
  }

  func perf(_ pair: Int) throws(CommandError) {
    let perf = Perf(bench)
    try record(attaching: perf.attaching, launching: perf.launching)
    let script = perf.script(inlines: false, showingLost: true)
    note(bench.shown(script))
    try bench.mustRun(script, within: 300, outputPath: perf.scriptPath)
    var rooted = Rooted()
    let text = try PerfScript(reading: perf.scriptPath) { frames in
      rooted.count(outermost: frames.last { !$0.isKernel }?.symbol)
    }
    perfPercent.set(rooted.percent, pair: pair)
    perfTotal += rooted
    perfLost += text.lost
  }

  private func record(
    attaching: @escaping (ProcessID) -> [String], launching: @escaping ([String]) -> [String]
  ) throws(CommandError) {
    var recorder = Recorder(bench, attaching: attaching, launching: launching)
    try recording(&recorder)
    for command in recorder.commands { note(command) }
  }

  private func note(_ command: [String]) {
    if !commands.contains(command) { commands.append(command) }
  }
}
