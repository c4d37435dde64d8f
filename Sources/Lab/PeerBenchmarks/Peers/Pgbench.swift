import Glibc
import LinuxSystem
import Terminal

/// PostgreSQL's own load generator.
struct Pgbench {
  let bench: Bench
  let clients: Int
  let seconds: Int
  /// What each client does again and again.
  let script: String

  struct Figures {
    let perSecond: Double
    let p99Seconds: Double
  }

  func command(_ url: String) -> [String] {
    [
      "pgbench", "--no-vacuum", "--protocol=prepared", "--client=\(clients)", "--jobs=2",
      "--time=\(seconds)", "--file=\(bench.scratch("script.sql"))", "--log",
      "--log-prefix=\(bench.scratch("latencies"))", "--sampling-rate=0.1", url,
    ]
  }

  func run(_ url: String) throws(CommandError) -> Figures {
    try OutputFile.write(Array(script.utf8), to: bench.scratch("script.sql"))
    for name in logs { unlink(name) }
    let output = bench.scratch("pgbench.txt")
    let command = command(url)
    try bench.mustRun(command, within: Double(seconds) + 60, outputPath: output)
    guard
      let line = (readText(output) ?? "").split(separator: "\n").first(where: {
        $0.hasPrefix("tps = ")
      }), let rate = line.split(separator: " ").dropFirst(2).first.flatMap({ Double($0) })
    else { throw bench.failure(of: command, "printed no rate") }
    // Client, transaction, microseconds, …: manual, "pgbench", "Per-Transaction Logging".
    let latencies = logs.flatMap { (readText($0) ?? "").split(separator: "\n") }.compactMap {
      line in line.split(separator: " ").dropFirst(2).first.flatMap { UInt64($0) }
    }
    guard !latencies.isEmpty else { throw bench.failure(of: command, "logged no transaction") }
    return Figures(perSecond: rate, p99Seconds: percentile(latencies.sorted(), 0.99) / 1e6)
  }

  /// One file a thread.
  private var logs: [String] { bench.scratchFiles(startingWith: "latencies.") }
}
