import Terminal

/// A program that spends 10, 20, 30 and 40 % in four functions comes out so.
struct Truth: Claim {
  let name = "truth"
  let summary = "known shares of four functions, in both modes, beside perf (30 s a pair)"
  let tools = [Tool.perf, .gcc]
  private let limitSigma = 3.0

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let shares = try Fixture.shares.build(bench)
    let program = [shares.path, "\(bench.arguments.seconds ?? 5)"]
    let lynxModes = ["dwarf", "fp"].map { mode in
      TruthMode("lynx \(mode)") { (counts) throws(CommandError) in
        var lynx = Lynx(bench)
        lynx.callGraph = mode
        let command = lynx.launching(program)
        try bench.mustRun(command, within: 300)
        try counts.add(artifact: lynx.artifactPath)
        return [bench.shown(command)]
      }
    }
    let perfModes = ["dwarf", "fp"].map { mode in
      TruthMode("perf \(mode)") { (counts) throws(CommandError) in
        var perf = Perf(bench)
        if mode == "fp" { perf.callGraph = mode }
        let command = perf.launching(program)
        let script = perf.script(inlines: true)
        try bench.mustRun(command, within: 300)
        try bench.mustRun(script, within: 300, outputPath: perf.scriptPath)
        try counts.add(perfScript: perf.scriptPath)
        return [bench.shown(command), bench.shown(script)]
      }
    }
    let modes = lynxModes + perfModes
    try bench.alternate(
      name, pairs: bench.arguments.pairs, modes.map { mode in (mode.name, mode.run) })

    var report = ClaimReport(name)
    report.commands = [shares.command]
    for command in modes.flatMap(\.commands) where !report.commands.contains(command) {
      report.commands.append(command)
    }
    report.series = modes.flatMap(\.series)
    report.requirements = lynxModes.map { mode in
      let deviation = mode.total.largestDeviation
      return Requirement(
        "\(mode.name): all runs together differ by at most \(limitSigma) sigma "
          + "(\(NumberText.fixed(deviation, places: 2)))",
        deviation <= limitSigma ? .holds : .missed)
    }
    report.notes =
      modes.map { "\($0.name), all runs together: \($0.total.text)" } + [
        "a sample belongs to the innermost of the four functions on its stack; sigma is that of "
          + "independent samples (binomial)"
      ]
    for mode in perfModes where mode.total.hasNoInlined {
      report.notes.append(
        "\(mode.name) names no inlined function: what twenty did counts as elsewhere, and the "
          + "other shares are of what is left")
    }
    return report
  }
}

/// How many samples fell into each function.
struct ShareCounts {
  static let expected: [(function: String, share: Double)] = [
    ("ten", 0.1), ("twenty", 0.2), ("thirty", 0.3), ("forty", 0.4),
  ]

  private(set) var counts = [Int](repeating: 0, count: expected.count)
  private var elsewhere = 0

  var total: Int { counts.reduce(0, +) }

  /// The function that is always inlined was never seen, though the others were.
  var hasNoInlined: Bool { counts[1] == 0 && total > 0 }

  /// Of the four the one that differs most, in standard deviations.
  var largestDeviation: Double {
    zip(counts, Self.expected)
      .map { deviation(of: $0, in: total, from: $1.share).magnitude }.max() ?? .nan
  }

  func percent(_ index: Int) -> Double {
    total == 0 ? .nan : 100 * Double(counts[index]) / Double(total)
  }

  var text: String {
    let parts = Self.expected.indices.map { index in
      let sigma = deviation(of: counts[index], in: total, from: Self.expected[index].share)
      return "\(Self.expected[index].function) \(NumberText.fixed(percent(index), places: 2)) % "
        + "(\(NumberText.fixed(sigma, places: 1)) sigma)"
    }
    return parts.joined(separator: ", ") + " of \(total) samples; \(elsewhere) elsewhere"
  }

  /// Counts a stack by its names, innermost first.
  mutating func add(stack: some Sequence<String>, _ count: Int) {
    for name in stack {
      guard let index = Self.expected.firstIndex(where: { $0.function == name }) else { continue }
      counts[index] += count
      return
    }
    elsewhere += count
  }

  static func += (left: inout ShareCounts, right: ShareCounts) {
    for index in left.counts.indices { left.counts[index] += right.counts[index] }
    left.elsewhere += right.elsewhere
  }
}

/// One profiler in one mode.
private final class TruthMode {
  let name: String
  private let record: (inout ShareCounts) throws(CommandError) -> [[String]]
  private(set) var commands: [[String]] = []
  private(set) var total = ShareCounts()
  private var shares: [Series]
  private var deviation: Series

  init(
    _ name: String, record: @escaping (inout ShareCounts) throws(CommandError) -> [[String]]
  ) {
    self.name = name
    self.record = record
    shares = ShareCounts.expected.map { Series("\(name): \($0.function)", .percent) }
    deviation = Series("\(name): largest deviation", .sigma)
  }

  var series: [Series] { shares + [deviation] }

  func run(_ pair: Int) throws(CommandError) {
    var counts = ShareCounts()
    commands = try record(&counts)
    for index in shares.indices { shares[index].set(counts.percent(index), pair: pair) }
    deviation.set(counts.largestDeviation, pair: pair)
    total += counts
  }
}
