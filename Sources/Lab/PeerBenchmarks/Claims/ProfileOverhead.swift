import Glibc
import LinuxSystem
import Terminal

/// What a redirect costs while its server is profiled.
struct ProfileOverhead: Claim {
  let name = "profile-overhead"
  let summary = "CPU time of a cached redirect while lynx serve is profiled (5 min a pair)"
  let tools = [Tool.perf, .wrk, .taskset]
  private let limits = [(frequency: 99, atMost: 1.01), (frequency: 997, atMost: 1.05)]
  private static let connections = 64

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let seconds = bench.arguments.seconds ?? 60
    let connections = bench.arguments.connections ?? Self.connections
    let load = try RedirectLoad.cached(bench)
    guard let serverCPU = Machine.onlineCPUs.first,
      let loadCPU = Machine.onlineCPUs.dropFirst().first
    else { throw CommandError(.failed, "\(name) needs two CPUs: one serves, one asks") }
    // One server for all, and server and load on a CPU each: else there are larger differences between two runs
    // than a profiler makes.
    let server = try RedirectPeer(
      .lynx, bench, database: try SQLiteBenchFile(bench).copy(), cpu: Int(serverCPU))
    _ = try load.run(server.port, connections: connections, seconds: 5, cpu: Int(loadCPU))

    var none = ProfiledSide("not profiled")
    var lynx = limits.map { ProfiledSide("lynx profile at \($0.frequency) Hz") }
    var perf = limits.map { ProfiledSide("perf record at \($0.frequency) Hz") }
    let loaded = LoadedRedirects(
      server: server, load: load, connections: connections, seconds: seconds,
      cpu: Int(loadCPU))
    var sides: [(name: String, run: (Int) throws(CommandError) -> Void)] = [
      (none.name, { pair throws(CommandError) in try none.measure(bench, loaded, nil, pair) })
    ]
    for index in limits.indices {
      var profiler = Lynx(bench)
      profiler.frequencyHertz = limits[index].frequency
      let ours = profiler.attaching(to: server.processID)
      var peer = Perf(bench)
      peer.frequencyHertz = limits[index].frequency
      let theirs = peer.attaching(to: server.processID)
      sides += [
        (
          lynx[index].name,
          { pair throws(CommandError) in try lynx[index].measure(bench, loaded, ours, pair) }
        ),
        (
          perf[index].name,
          { pair throws(CommandError) in try perf[index].measure(bench, loaded, theirs, pair) }
        ),
      ]
    }
    try bench.alternate(name, pairs: bench.arguments.pairs, sides)
    try server.stop()

    var report = ClaimReport(name)
    report.commands =
      [bench.shown(server.command)]
      + [
        bench.shown(
          load.command(0, connections: connections, seconds: seconds, cpu: Int(loadCPU)))
      ]
      + (lynx + perf).map { bench.shown($0.command, processID: server.processID) }
    report.series = none.series + (lynx + perf).flatMap(\.series)
    for (index, limit) in limits.enumerated() {
      let ours = Ratio(lynx[index].cost, by: none.cost)
      report.ratios += [
        ours, Ratio(lynx[index].serverCost, by: none.cost),
        Ratio(perf[index].cost, by: none.cost),
        Ratio(perf[index].serverCost, by: none.cost),
        Ratio(lynx[index].cost, by: perf[index].cost),
      ]
      report.requirements.append(
        Requirement(
          "\(limit.frequency) Hz: profiled, a redirect costs at most "
            + "\(NumberText.fixed((limit.atMost - 1) * 100, places: 0)) % more, the profiler included",
          ours.distribution, .atMost(limit.atMost)))
    }
    report.notes = [
      "user and system time of the server (clock_getcpuclockid) and of the profiler (wait4), over the "
        + "requests wrk was answered; the profiler is attached before the load and stopped after it",
      "the profiler's time is all of it: start, unwinding, and at the end symbols and the picture, which cost "
        + "the same after \(seconds) s as after an hour; of perf it is record alone, without perf script",
      "one server for the whole claim, it and wrk on a CPU each, the profiler where it likes; codes drawn by Zipf (s = 1) from 100 000, all in its cache",
    ]
    return report
  }
}

/// A server and its load.
private struct LoadedRedirects {
  let server: RedirectPeer
  let load: RedirectLoad
  let connections: Int
  let seconds: Int
  /// The CPU of what asks.
  let cpu: Int
}

/// The server's figures under one profiler, or none.
private struct ProfiledSide {
  let name: String
  private(set) var command: [String] = []
  private(set) var cost: Series
  private(set) var serverCost: Series
  private(set) var profilerCPU: Series
  private(set) var rate: Series

  init(_ name: String) {
    self.name = name
    cost = Series("\(name): CPU time a request", .nanoseconds)
    serverCost = Series("\(name): CPU time of the server a request", .nanoseconds)
    profilerCPU = Series("\(name): CPU time of the profiler", .seconds)
    rate = Series("\(name): requests a second", .perSecond)
  }

  var series: [Series] {
    [cost, serverCost, profilerCPU, rate].filter { !$0.points.isEmpty }
  }

  mutating func measure(
    _ bench: Bench, _ loaded: LoadedRedirects, _ profiler: [String]?, _ pair: Int
  ) throws(CommandError) {
    let server = loaded.server
    let before = try server.cpuSeconds()
    let recorder = try profiler.map { command throws(CommandError) in
      self.command = command
      return try RunningProcess(command, .init(errorPath: bench.scratch("errors.txt")))
    }
    // Until its events are there; without one as well, so that all sides are alike.
    try bench.interrupts.pause(seconds: 0.5)
    let outcome = try loaded.load.run(
      server.port, connections: loaded.connections, seconds: loaded.seconds, cpu: loaded.cpu)
    var profilerSeconds = 0.0
    if let recorder, let profiler {
      recorder.send(signal: SIGINT)
      // perf ends by the signal it was sent.
      guard let end = try bench.finish(recorder, within: 60),
        [.exited(0), .killed(signal: SIGINT)].contains(end.status)
      else { throw bench.failure(of: profiler, "did not end well") }
      profilerSeconds = end.cpuSeconds
      profilerCPU.set(profilerSeconds, pair: pair)
    }
    let spent = try server.cpuSeconds() - before
    if recorder != nil { serverCost.set(spent / outcome.requests * 1e9, pair: pair) }
    cost.set((spent + profilerSeconds) / outcome.requests * 1e9, pair: pair)
    rate.set(outcome.perSecond, pair: pair)
  }
}
