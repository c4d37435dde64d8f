import Glibc
import LinuxSystem
import Terminal

/// Measures Lynx beside its peers, in one run: see Docs/BENCHMARKS.md.
@main
enum PeerBenchmarks {
  static let claims: [any Claim] = [
    StopToPicture(), WholeStacks(), ProfilerCost(), MemoryUse(), Truth(),
    PostgresLookups(), PostgresCreations(), PostgresRecovery(), SQLiteCreations(),
    MigrateRunners(), CacheLookups(), CacheHits(), ClickCounting(), RedirectCost(),
    RedirectThreads(), ServedPostgres(), LoadCost(), ProfileOverhead(),
  ]

  static func main() {
    do throws(CommandError) {
      exit(try run(Array(CommandLine.arguments.dropFirst())).rawValue)
    } catch {
      var text = "error: \(error.message)\n"
      if let remedy = error.remedy { text += remedy + "\n" }
      // If standard error cannot be written, the exit code still tells.
      try? StandardStream.error.write(text)
      exit(error.code.rawValue)
    }
  }

  private static func run(_ words: [String]) throws(CommandError) -> ExitCode {
    let arguments = try Arguments(parsing: words)
    if arguments.isListWanted {
      try StandardStream.output.write(claims.map { "\($0.name)\n" }.joined())
      return .done
    }
    if arguments.isHelpWanted || arguments.claims.isEmpty {
      try StandardStream.output.write(Help.text(claims))
      return arguments.isHelpWanted ? .done : .usage
    }
    let chosen = try arguments.claims.map { name throws(CommandError) -> any Claim in
      guard let claim = claims.first(where: { $0.name == name }) else {
        throw CommandError(
          .usage, "there is no claim \(quoted(name)); --list names those there are")
      }
      return claim
    }
    if let path = arguments.jsonPath { try OutputFile.probe(path) }
    return try measure(chosen, arguments)
  }

  private static func measure(
    _ claims: [any Claim], _ arguments: Arguments
  ) throws(CommandError) -> ExitCode {
    let bench = try Bench(arguments)
    defer { bench.removeScratch() }
    let facts = MachineFacts(bench)
    try StandardStream.output.write(facts.text)
    var reports: [ClaimReport] = []
    var missing: [Tool] = []
    for claim in claims {
      let absent = claim.tools.filter { $0.path == nil }
      guard absent.isEmpty else {
        missing += absent.filter { !missing.contains($0) }
        let names = absent.map { "\($0.name) (\($0.remedy))" }.joined(separator: ", ")
        try StandardStream.output.write("\n\(claim.name): not measured, missing: \(names)\n")
        continue
      }
      let report = try claim.measure(bench)
      reports.append(report)
      try StandardStream.output.write("\n" + report.text)
    }
    if let path = arguments.jsonPath {
      let json: JSONValue = [
        "schema": 1, "machine": facts.json, "claims": .array(reports.map(\.json)),
        "missing": .array(missing.map { .string($0.name) }),
      ]
      try OutputFile.write(Array((json.text + "\n").utf8), to: path)
    }
    if !missing.isEmpty { return .failed }
    return reports.contains { $0.isMissed } ? .threshold : .done
  }
}
