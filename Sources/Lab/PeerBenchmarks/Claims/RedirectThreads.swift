import Terminal

/// Whether a second thread serves as much as the first.
struct RedirectThreads: Claim {
  let name = "redirect-threads"
  let summary = "CPU time of a cached redirect with two threads, beside one (20 s a pair)"
  let tools = [Tool.wrk]
  private let connections = 64

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let seconds = bench.arguments.seconds ?? 5
    let database = try SQLiteBenchFile(bench).copy()
    let load = try RedirectLoad.cached(bench)
    let count = bench.arguments.connections ?? connections
    var sides = [2, 1].map { RedirectSide(.lynx, connections: count, threads: $0) }
    try bench.alternate(
      name, pairs: bench.arguments.pairs,
      sides.indices.map { index in
        (
          index == 0 ? "two threads" : "one thread",
          { pair throws(CommandError) in
            try sides[index].measure(bench, load, database, seconds, pair)
          }
        )
      })
    var report = ClaimReport(name)
    report.commands = sides.map { bench.shown($0.command) }
    report.commands.append(bench.shown(load.command(0, connections: count, seconds: seconds)))
    report.series = sides.flatMap(\.series)
    let ratio = Ratio(sides[0].cost, by: sides[1].cost)
    report.ratios = [ratio]
    report.requirements = [
      Requirement(
        "two threads serve 1.9 times one where cores allow: at most 2 ÷ 1.9 of its CPU time a request",
        ratio.distribution, .atMost(2 / 1.9))
    ]
    report.notes = [
      "on two cores wrk needs one of them, so that what is compared is what a request costs: two threads "
        + "that cost c times as much a request serve 2 ÷ c times as many where each has a core"
    ]
    return report
  }
}
