import Glibc
import LinuxSystem
import Terminal

/// What a redirect costs while its server is profiled.
struct ProfileOverhead: Claim {
  let name = "profile-overhead"
  let summary = "CPU time of a cached redirect while lynx serve is profiled (8 min a pair)"
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
    // One server for all, and server and load on a CPU each.
    let server = try RedirectPeer(
      .lynx, bench, database: try SQLiteBenchFile(bench).copy(), cpu: Int(serverCPU))
    let loaded = LoadedRedirects(
      server: server,
      load: load.command(server.port, connections: connections, seconds: 3_600, cpu: Int(loadCPU)),
      windows: max(1, Int(Double(seconds) / LoadedRedirects.windowSeconds)))

    var lynx = limits.map { ProfiledSide("lynx profile at \($0.frequency) Hz") }
    var perf = limits.map { ProfiledSide("perf record at \($0.frequency) Hz") }
    var sides: [(name: String, run: (Int) throws(CommandError) -> Void)] = []
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
      [bench.shown(server.command), bench.shown(loaded.load)]
      + (lynx + perf).map { bench.shown($0.command, processID: server.processID) }
    report.series = (lynx + perf).flatMap(\.series)
    for (index, limit) in limits.enumerated() {
      for side in [lynx[index], perf[index]] {
        report.ratios += [
          Ratio(side.cost, by: side.baseCost), Ratio(side.serverCost, by: side.baseCost),
        ]
      }
      report.requirements.append(
        Requirement(
          "\(limit.frequency) Hz: profiled, a redirect costs at most "
            + "\(NumberText.fixed((limit.atMost - 1) * 100, places: 0)) % more, the profiler included",
          Ratio(lynx[index].cost, by: lynx[index].baseCost).distribution, .atMost(limit.atMost)))
    }
    report.notes = [
      "in each recording of \(2 * seconds) s sampling is turned on and off every "
        + "\(NumberText.fixed(LoadedRedirects.windowSeconds, places: 2)) s, from outside; each ratio is that of two "
        + "windows side by side, in either order: the speed of a machine changes within seconds, by more than this",
      "user and system time of the server (clock_getcpuclockid) over the redirects it counted itself; to this "
        + "each window adds the same share of the profiler's CPU time (wait4) of its whole recording",
      "the profiler's time is all of it: start, unwinding, and at the end symbols and the picture, which cost "
        + "the same after \(seconds) s of sampling as after an hour; of perf it is record alone, without perf script",
      "one server for the whole claim, it and wrk on a CPU each, the profiler where it likes; codes drawn by Zipf (s = 1) from 100 000, all in its cache",
    ]
    return report
  }
}

/// A server and its load.
private struct LoadedRedirects {
  /// Short enough for a machine to be the same in two of them, long enough for 25 samples at 99 Hz.
  static let windowSeconds = 0.25

  let server: RedirectPeer
  let load: [String]
  /// Windows with sampling in a recording, and as many without.
  let windows: Int

  /// CPU time of the server, and redirects answered.
  func counts() throws(CommandError) -> (cpu: Double, redirects: Double) {
    (try server.cpuSeconds(), try server.answeredRedirects())
  }
}

/// The server's figures under one profiler.
private struct ProfiledSide {
  let name: String
  private(set) var command: [String] = []
  /// While the profiler is there and its events are off.
  private(set) var baseCost: Series
  private(set) var serverCost: Series
  /// The server's and the profiler's.
  private(set) var cost: Series
  private(set) var profilerCPU: Series

  init(_ name: String) {
    self.name = name
    baseCost = Series("\(name), turned off: CPU time a request", .nanoseconds)
    serverCost = Series("\(name): CPU time of the server a request", .nanoseconds)
    cost = Series("\(name): CPU time a request", .nanoseconds)
    profilerCPU = Series("\(name): CPU time of the profiler", .seconds)
  }

  var series: [Series] { [baseCost, serverCost, cost, profilerCPU] }

  mutating func measure(
    _ bench: Bench, _ loaded: LoadedRedirects, _ profiler: [String], _ pair: Int
  ) throws(CommandError) {
    command = profiler
    let output = bench.scratch("wrk.txt")
    let load = try RunningProcess(loaded.load, .init(outputPath: output))
    try bench.interrupts.pause(seconds: 2)
    let recorder = try RunningProcess(profiler, .init(errorPath: bench.scratch("errors.txt")))
    let sampling = try SamplingSwitch(of: recorder, bench)

    var spent: [Bool: [Double]] = [:]
    var answered: [Bool: [Double]] = [:]
    for window in 0..<2 * loaded.windows {
      // On, off, off, on.
      let isOn = window % 4 == 0 || window % 4 == 3
      try sampling.turn(on: isOn)
      let before = try loaded.counts()
      try bench.interrupts.pause(seconds: LoadedRedirects.windowSeconds)
      let after = try loaded.counts()
      guard after.redirects > before.redirects else {
        throw CommandError(.failed, "the server answered nothing for a while: look at \(output)")
      }
      spent[isOn, default: []].append(after.cpu - before.cpu)
      answered[isOn, default: []].append(after.redirects - before.redirects)
    }

    recorder.send(signal: SIGINT)
    // perf ends by the signal it was sent.
    guard let end = try bench.finish(recorder, within: 60),
      [.exited(0), .killed(signal: SIGINT)].contains(end.status)
    else { throw bench.failure(of: profiler, "did not end well") }
    load.send(signal: SIGINT)
    guard try bench.finish(load, within: 30) != nil, let told = readText(output),
      told.contains(" requests in "), !told.contains("Non-2xx"), !told.contains("Socket errors")
    else { throw bench.failure(of: loaded.load, "was not answered well") }

    let (on, off) = (spent[true] ?? [], spent[false] ?? [])
    let (onAnswered, offAnswered) = (answered[true] ?? [], answered[false] ?? [])
    let share = end.cpuSeconds / onAnswered.reduce(0, +)
    profilerCPU.set(end.cpuSeconds, pair: pair)
    for window in 0..<min(on.count, off.count) {
      let key = pair * loaded.windows + window
      let profiled = on[window] / onAnswered[window]
      baseCost.set(off[window] / offAnswered[window] * 1e9, pair: key)
      serverCost.set(profiled * 1e9, pair: key)
      cost.set((profiled + share) * 1e9, pair: key)
    }
  }
}
