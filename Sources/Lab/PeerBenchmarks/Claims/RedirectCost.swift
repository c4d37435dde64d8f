import LinuxSystem
import Terminal

/// What a cached redirect costs the server.
struct RedirectCost: Claim {
  let name = "redirect-cost"
  let summary = "CPU time of a cached redirect, beside nginx's return 308 (45 s a pair)"
  let tools = [Tool.nginx, Tool.wrk, Tool.gcc]
  private let connections = [64, 1000]

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let seconds = bench.arguments.seconds ?? 5
    let database = try SQLiteBenchFile(bench).copy()
    let load = try RedirectLoad.cached(bench)

    var report = ClaimReport(name)
    for count in bench.arguments.connections.map({ [$0] }) ?? connections {
      var sides = RedirectPeer.Kind.allCases.map { RedirectSide($0, connections: count) }
      try bench.alternate(
        "\(name), \(count) connections", pairs: bench.arguments.pairs,
        RedirectPeer.Kind.allCases.indices.map { index in
          (
            sides[index].kind.rawValue,
            { pair throws(CommandError) in
              try sides[index].measure(bench, load, database, seconds, pair)
            }
          )
        })
      report.commands += sides.map { bench.shown($0.command) }
      report.commands.append(
        bench.shown(load.command(0, connections: count, seconds: seconds)))
      report.series += sides.flatMap(\.series)
      let toNginx = Ratio(sides[0].cost, by: sides[1].cost)
      report.ratios += [toNginx, Ratio(sides[0].cost, by: sides[2].cost)]
      report.requirements.append(
        Requirement(
          "\(count) connections: at most nginx's CPU time", toNginx.distribution, .atMost(1)))
    }
    report.notes = [
      "user and system time of the server process, from its CPU clock (clock_getcpuclockid), over the "
        + "requests wrk was answered; one thread each; before it a run of wrk, not counted, that asks for "
        + "every code",
      "codes drawn by Zipf (s = 1) from 100 000, prepared beforehand; all in the cache of lynx serve; "
        + "each redirect counted in its journal; flushes to SQLite, the API's thread and the asking for "
        + "others' changes are in its CPU time as well",
      "clicks are sent to SQLite every 5 s: shorter runs may leave that out",
      "nginx and the C loop look nothing up and count nothing; nginx adds a page of HTML",
    ]
    return report
  }
}
