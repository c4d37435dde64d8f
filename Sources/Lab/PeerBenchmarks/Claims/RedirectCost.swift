import LinuxSystem
import Terminal
import TestSupport

/// What a cached redirect costs the server.
struct RedirectCost: Claim {
  let name = "redirect-cost"
  let summary = "CPU time of a cached redirect, beside nginx's return 308 (45 s a pair)"
  let tools = [Tool.nginx, Tool.wrk, Tool.gcc]
  private let connections = [64, 1000]

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let seconds = bench.arguments.seconds ?? 5
    let database = try SQLiteBenchFile(bench).copy()
    var random = SeededGenerator(seed: 30)
    let zipf = Zipf(over: SQLiteBenchFile.linkCount)
    let ranks = Array(0..<SQLiteBenchFile.linkCount).shuffled(using: &random)
    let load = try RedirectLoad(
      bench, codes: (0..<1 << 17).map { _ in "\(1_000_000 + ranks[zipf.draw(using: &random)])" })

    var report = ClaimReport(name)
    for count in bench.arguments.connections.map({ [$0] }) ?? connections {
      var sides = RedirectPeer.Kind.allCases.map { Side($0, connections: count) }
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
        + "requests wrk was answered; one thread each; a run of wrk of a second before, not counted",
      "codes drawn by Zipf (s = 1) from 100 000, prepared beforehand; all in Lynx's cache; each "
        + "redirect counted in its journal, whose flushes to SQLite are in its CPU time as well",
      "clicks are sent to SQLite every 5 s: shorter runs may leave that out",
      "nginx and the C loop look nothing up and count nothing; nginx adds a page of HTML",
    ]
    return report
  }

  /// One server's figures.
  private struct Side {
    let kind: RedirectPeer.Kind
    let connections: Int
    var cost: Series
    var rate: Series
    var bytes: Series
    var command: [String] = []

    init(_ kind: RedirectPeer.Kind, connections: Int) {
      self.kind = kind
      self.connections = connections
      let name = "\(kind.rawValue), \(connections) connections"
      cost = Series("\(name): CPU time a request", .nanoseconds)
      rate = Series("\(name): requests a second", .perSecond)
      bytes = Series("\(name): bytes an answer", .count)
    }

    var series: [Series] { [cost, rate, bytes] }

    mutating func measure(
      _ bench: Bench, _ load: RedirectLoad, _ database: String, _ seconds: Int, _ pair: Int
    ) throws(CommandError) {
      let peer = try RedirectPeer(kind, bench, database: database)
      command = peer.command
      _ = try load.run(peer.port, connections: connections, seconds: 1)
      let before = try peer.cpuSeconds()
      let outcome = try load.run(peer.port, connections: connections, seconds: seconds)
      let spent = try peer.cpuSeconds() - before
      try peer.stop()
      cost.set(spent / outcome.requests * 1e9, pair: pair)
      rate.set(outcome.perSecond, pair: pair)
      bytes.set(outcome.bytesPerAnswer, pair: pair)
    }
  }
}
