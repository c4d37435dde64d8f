import LinuxSystem
import Terminal

/// What a request costs the load generator.
struct LoadCost: Claim {
  let name = "load-cost"
  let summary = "requests per CPU-second of lynx bench, beside wrk on the same nginx (25 s a pair)"
  let tools = [Tool.nginx, Tool.wrk]
  private let connections = [64, 1000]

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let seconds = bench.arguments.seconds ?? 5
    var report = ClaimReport(name)
    let server = try RedirectPeer(.nginx, bench, database: "")
    report.commands.append(bench.shown(server.command))
    for count in bench.arguments.connections.map({ [$0] }) ?? connections {
      var sides = Generator.allCases.map { LoadSide($0, connections: count) }
      try bench.alternate(
        "\(name), \(count) connections", pairs: bench.arguments.pairs,
        sides.indices.map { index in
          (
            sides[index].generator.rawValue,
            { pair throws(CommandError) in
              try sides[index].measure(bench, server.port, seconds, pair)
            }
          )
        })
      report.commands += sides.map { bench.shown($0.command) }
      report.series += sides.flatMap { [$0.efficiency, $0.rate] }
      let ratio = Ratio(sides[0].efficiency, by: sides[1].efficiency)
      report.ratios.append(ratio)
      report.requirements.append(
        Requirement(
          "\(count) connections: at least 1.1 times wrk's requests per CPU-second",
          ratio.distribution, .atLeast(1.1)))
    }
    try server.stop()
    report.notes = [
      "user and system time of the generator's whole process (wait4), its start included, over the "
        + "requests it says were answered; one thread on either side, the same request",
      "lynx bench parses and checks every answer and records every latency",
    ]
    return report
  }

  fileprivate enum Generator: String, CaseIterable {
    case lynx = "lynx bench"
    case wrk
  }
}

/// One generator's figures.
private struct LoadSide {
  let generator: LoadCost.Generator
  let connections: Int
  var efficiency: Series
  var rate: Series
  var command: [String] = []

  init(_ generator: LoadCost.Generator, connections: Int) {
    self.generator = generator
    self.connections = connections
    let name = "\(generator.rawValue), \(connections) connections"
    efficiency = Series("\(name): requests per CPU-second", .perSecond)
    rate = Series("\(name): requests a second", .perSecond)
  }

  mutating func measure(
    _ bench: Bench, _ port: UInt16, _ seconds: Int, _ pair: Int
  ) throws(CommandError) {
    let load = ["-t1", "-c\(connections)", "-d\(seconds)s", "http://127.0.0.1:\(port)/fox"]
    let output = bench.scratch("load.txt")
    command =
      switch generator {
      case .lynx: [bench.lynxPath, "bench"] + load
      case .wrk: ["wrk"] + load
      }
    let end = try bench.mustRun(command, within: Double(seconds) + 30, outputPath: output)
    let text = readText(output) ?? ""
    guard let requests = requests(in: text) else {
      throw CommandError(
        .failed, "\(generator.rawValue) was not answered well: \(printable(text.suffix(300)))")
    }
    efficiency.set(requests / end.cpuSeconds, pair: pair)
    rate.set(requests / Double(seconds), pair: pair)
  }

  /// How many were answered as they should be; nil if there were errors.
  private func requests(in text: String) -> Double? {
    let lines = text.split(separator: "\n")
    switch generator {
    case .wrk:
      // "  123456 requests in 5.00s, 20.12MB read"
      if text.contains("Non-2xx") || text.contains("Socket errors") { return nil }
      let line = lines.first { $0.contains(" requests in ") }
      return line?.split(separator: " ").first.flatMap { Double($0) }
    case .lynx:
      // "requests      123,456 answered as expected, 20 MiB received" and "errors        none"
      guard lines.contains(where: { $0.hasPrefix("errors ") && $0.hasSuffix(" none") }) else {
        return nil
      }
      let words = lines.first { $0.hasPrefix("requests ") }?.split(separator: " ") ?? []
      return words.count > 1 ? Double(words[1].replacing(",", with: "")) : nil
    }
  }
}
