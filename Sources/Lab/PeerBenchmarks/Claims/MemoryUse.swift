import LinuxSystem
import Terminal

/// How much memory a recording takes, and whether it grows with time.
struct MemoryUse: Claim {
  let name = "memory"
  let summary = "peak memory after 10 s and after 5 min, beside perf (40 s a pair and 5 min)"
  let tools = [Tool.perf, .wrk]
  private let limitBytes = 150e6
  private let growthLimitBytes = 5e6

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let server = try LoadedServer(bench)
    let seconds = bench.arguments.seconds ?? 10
    let longSeconds = bench.arguments.longSeconds
    var short = Series("lynx: VmHWM after \(seconds) s, as it says itself", .bytes)
    var shortSeen = Series("lynx: VmHWM after \(seconds) s, seen from outside", .bytes)
    var long = Series("lynx: VmHWM after \(longSeconds) s, as it says itself", .bytes)
    var record = Series("perf record: VmHWM after \(seconds) s", .bytes)
    var script = Series("perf script --no-inline: VmHWM", .bytes)
    var data = Series("perf.data after \(seconds) s", .bytes)
    var commands = [bench.shown(server.command), bench.shown(server.loadCommand)]

    func profile(
      _ recorder: Recorder, _ seconds: Int
    ) throws(CommandError) -> RunningProcess.End? {
      var recorder = recorder
      try server.startLoad()
      try recorder.attach(
        to: server.processID, seconds: Double(seconds), watchingMemory: true)
      try server.stopLoad()
      commands += recorder.commands.filter { !commands.contains($0) }
      return recorder.end
    }
    let lynx = Lynx(bench)
    let lynxRecorder = Recorder(bench, attaching: lynx.attaching, launching: lynx.launching)
    let perf = Perf(bench)
    let perfRecorder = Recorder(bench, attaching: perf.attaching, launching: perf.launching)

    for pair in 0..<bench.arguments.longRuns {
      bench.say("\(name): \(longSeconds) s of lynx, \(pair + 1) of \(bench.arguments.longRuns)")
      _ = try profile(lynxRecorder, longSeconds)
      long.set(Double(try lynx.summary().peakMemoryBytes), pair: pair)
    }
    try bench.alternate(
      name, pairs: bench.arguments.pairs,
      [
        (
          "lynx",
          { pair throws(CommandError) in
            let end = try profile(lynxRecorder, seconds)
            short.set(Double(try lynx.summary().peakMemoryBytes), pair: pair)
            shortSeen.set(Double(end?.peakMemoryBytes ?? 0), pair: pair)
          }
        ),
        (
          "perf",
          { pair throws(CommandError) in
            let end = try profile(perfRecorder, seconds)
            record.set(Double(end?.peakMemoryBytes ?? 0), pair: pair)
            data.set(Double(try perf.dataBytes()), pair: pair)
            let text = try bench.mustRun(
              perf.script(inlines: false), within: 300, watchingMemory: true)
            script.set(Double(text.peakMemoryBytes), pair: pair)
          }
        ),
      ])

    var report = ClaimReport(name)
    report.commands = commands + [bench.shown(perf.script(inlines: false))]
    report.series = [short, shortSeen, long, record, script, data, server.requestRates]
    report.ratios = [Ratio(short, by: record), Ratio(short, by: script)]
    let growth = long.distribution.maximum - short.distribution.median
    report.requirements = [
      Requirement("lynx ≤ 150 MB after \(seconds) s", short.distribution, .atMost(limitBytes)),
      Requirement(
        "lynx ≤ 150 MB after \(longSeconds) s, every run",
        long.distribution.maximum <= limitBytes ? .holds : .missed),
      Requirement(
        "lynx flat: \(Series.Unit.bytes.text(growth)) more after \(longSeconds) s than after "
          + "\(seconds) s (largest less median), at most 5 MB",
        growth <= growthLimitBytes ? .holds : .missed),
    ]
    report.notes = ["997 Hz; PID is the server under wrk; 1 MB is 1,000,000 bytes"]
    return report
  }
}
