import Glibc
import LinuxSystem
import Terminal

/// What profiling costs: the profiler's own CPU time, and how much slower its target becomes.
struct ProfilerCost: Claim {
  let name = "profiler-cost"
  let summary = "CPU time of the profiler and slowdown of its target (40 s a pair)"
  let tools = [Tool.perf, .gcc]

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let fixed = try Fixture.fixed.build(bench)
    let seconds = Double(bench.arguments.seconds ?? 5)
    let program = try FixedWork(fixed.path, bench, seconds: seconds)
    let none = CostSide("no profiler", program, bench) { _ in nil }
    let rates = [99, 997].map { frequency in
      (
        lynx: CostSide("lynx at \(frequency) Hz", program, bench) { process in
          var lynx = Lynx(bench)
          lynx.frequencyHertz = frequency
          return lynx.attaching(to: process)
        },
        perf: CostSide("perf at \(frequency) Hz", program, bench, isPerf: true) { process in
          var perf = Perf(bench)
          perf.frequencyHertz = frequency
          return perf.attaching(to: process)
        }
      )
    }
    let sides = [none] + rates.flatMap { [$0.lynx, $0.perf] }
    try bench.alternate(
      name, pairs: bench.arguments.pairs, sides.map { side in (side.name, side.run) })

    var report = ClaimReport(name)
    report.commands = [fixed.command, program.command] + sides.compactMap(\.command)
    report.commands.append(bench.shown(Perf(bench).script(inlines: false)))
    report.series = sides.flatMap(\.series)
    for rate in rates {
      report.ratios += [
        Ratio(rate.lynx.targetCPU, by: none.targetCPU),
        Ratio(rate.perf.targetCPU, by: none.targetCPU),
        Ratio(rate.lynx.targetWall, by: none.targetWall),
        Ratio(rate.perf.targetWall, by: none.targetWall),
        Ratio(rate.lynx.profilerCPU, by: rate.perf.profilerCPU),
        Ratio(rate.lynx.profilerCPU, by: rate.perf.withScriptCPU),
        Ratio(rate.lynx.totalCPU, by: rate.perf.totalCPU),
      ]
      report.requirements.append(
        Requirement(
          "\(rate.lynx.name): target and profiler together use no more CPU time than with "
            + "perf record",
          Ratio(rate.lynx.totalCPU, by: rate.perf.totalCPU).distribution, .atMost(1), isAim: true))
    }
    report.notes = [
      "the target does the same work each time, some \(NumberText.fixed(seconds, places: 0)) s",
      "the profiler's CPU time is user and system time from wait4; of lynx with the picture, of "
        + "perf record with nothing but perf.data, with --no-inline text where it says so",
    ]
    return report
  }
}

/// The program that does the same work each time.
private struct FixedWork {
  let path: String
  let rounds: Int
  private let bench: Bench

  /// How long the work took, as the program itself says.
  struct Times {
    let wallSeconds: Double
    let cpuSeconds: Double
  }

  /// Finds out how many rounds take `seconds`.
  init(_ path: String, _ bench: Bench, seconds: Double) throws(CommandError) {
    let trial = 5000
    let once = try FixedWork(path: path, rounds: trial, bench: bench).run { _ in nil }.times
    let rounds = (Double(trial) * seconds / max(once.cpuSeconds, 1e-3)).rounded()
    self.init(path: path, rounds: Int(rounds), bench: bench)
  }

  private init(path: String, rounds: Int, bench: Bench) {
    self.path = path
    self.rounds = rounds
    self.bench = bench
  }

  var command: [String] { [path, "\(rounds)"] }

  /// Lets it work under the profiler whose command line `profiler` makes, if any.
  func run(
    under profiler: (ProcessID) -> [String]?
  ) throws(CommandError) -> (times: Times, profiler: RunningProcess.End?) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw CommandError(.failed, "there is no pipe") }
    // The profiler must not hold the writing end open; only this thread starts programs.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let reading = FileDescriptor(owning: ends[0])
    let outputPath = bench.scratch("fixed.txt")
    let program: RunningProcess
    let recorder: RunningProcess?
    do {
      // Closing the writing end is what lets the program begin.
      let writing = FileDescriptor(owning: ends[1])
      program = try RunningProcess(
        command, .init(input: reading.number, outputPath: outputPath))
      recorder = try profiler(program.processID).map { command throws(CommandError) in
        try RunningProcess(command, .init(errorPath: bench.scratch("errors.txt")))
      }
      try bench.interrupts.pause(seconds: 1)
      _ = consume writing
    }
    guard let end = try bench.finish(program, within: 600), end.status == .exited(0) else {
      throw bench.failure(of: command, "did not end well")
    }
    let recorderEnd = try recorder.map { recorder throws(CommandError) in
      guard let end = try bench.finish(recorder, within: 120), end.status == .exited(0) else {
        throw bench.failure(of: ["the profiler of"] + command, "did not end with its target")
      }
      return end
    }
    let words = (readText(outputPath) ?? "").split { $0.isWhitespace }.compactMap { Double($0) }
    guard words.count >= 2 else { throw bench.failure(of: command, "printed no times") }
    return (Times(wallSeconds: words[0], cpuSeconds: words[1]), recorderEnd)
  }
}

/// The work under one profiler at one frequency, or under none.
private final class CostSide {
  let name: String
  private let program: FixedWork
  private let bench: Bench
  private let isPerf: Bool
  private let profiler: (ProcessID) -> [String]?
  private(set) var command: [String]?

  private(set) var targetCPU: Series
  private(set) var targetWall: Series
  private(set) var profilerCPU: Series
  private(set) var withScriptCPU: Series
  private(set) var totalCPU: Series
  private var ownCPU: Series

  init(
    _ name: String, _ program: FixedWork, _ bench: Bench, isPerf: Bool = false,
    profiler: @escaping (ProcessID) -> [String]?
  ) {
    self.name = name
    self.program = program
    self.bench = bench
    self.isPerf = isPerf
    self.profiler = profiler
    targetCPU = Series("\(name): CPU of the target", .seconds)
    targetWall = Series("\(name): wall time of the target", .seconds)
    profilerCPU = Series("\(name): CPU of the profiler", .seconds)
    withScriptCPU = Series("\(name): CPU of perf record and script", .seconds)
    totalCPU = Series("\(name): CPU of target and profiler", .seconds)
    ownCPU = Series("\(name): CPU of the profiler as it says itself", .seconds)
  }

  var series: [Series] {
    [targetCPU, targetWall, profilerCPU, ownCPU, withScriptCPU, totalCPU].filter {
      !$0.points.isEmpty
    }
  }

  func run(_ pair: Int) throws(CommandError) {
    let (times, end) = try program.run { process in
      let words = profiler(process)
      command = words.map { bench.shown($0, processID: process) }
      return words
    }
    targetCPU.set(times.cpuSeconds, pair: pair)
    targetWall.set(times.wallSeconds, pair: pair)
    guard let end else { return }
    profilerCPU.set(end.cpuSeconds, pair: pair)
    totalCPU.set(times.cpuSeconds + end.cpuSeconds, pair: pair)
    if isPerf {
      let script = try bench.mustRun(Perf(bench).script(inlines: false), within: 300)
      withScriptCPU.set(end.cpuSeconds + script.cpuSeconds, pair: pair)
    } else {
      ownCPU.set(try Lynx(bench).summary().profilerCpuSeconds, pair: pair)
    }
  }
}
