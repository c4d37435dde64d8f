import LinkStores
import Links
import Terminal
import TestSupport

/// Links created in PostgreSQL.
struct PostgresCreations: Claim {
  let name = "postgres-creates"
  let summary = "links created in PostgreSQL at 64 outstanding, beside pgbench (14 s a pair)"
  let tools = [Tool.pgbench]
  private let outstanding = 64

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let database = try BenchDatabase()
    let seconds = bench.arguments.seconds ?? 5
    let codes = 100_000_000_000...999_999_999_999
    let pgbench = Pgbench(
      bench: bench, clients: outstanding, seconds: seconds,
      script: """
        \\set code random(\(codes.lowerBound), \(codes.upperBound))
        INSERT INTO urls (short_code, original_url, created_at, created_by, updated_at) \
        VALUES (:code::text, 'https://example.com/articles/' || :code::text, 1800000000, 'bench', \
        1800000000) ON CONFLICT (short_code) DO NOTHING RETURNING id;

        """)
    var sides = ComparedRates("lynx", "pgbench")
    try bench.alternate(
      name, pairs: bench.arguments.pairs,
      [
        (
          "lynx",
          { pair throws(CommandError) in
            try database.copy("creates")
            let conninfo = try database.conninfo("creates")
            let outstanding = outstanding
            let counted = try sides.set(pair) {
              let store = try PostgresLinkStore(conninfo: conninfo)
              let work = try await OutstandingWork(
                outstanding: outstanding, seconds: Double(seconds)
              ) { random in
                // A code that is taken, one in some hundred thousand, is drawn again.
                while true {
                  let code = "\(Int.random(in: codes, using: &random))"
                  do {
                    _ = try await store.create(
                      NewLink(
                        code: ShortCode(custom: code),
                        destination: Destination("https://example.com/articles/\(code)"),
                        createdBy: "bench"))
                    return
                  } catch LinkError.codeTaken {
                    continue
                  }
                }
              }
              await store.close()
              return work
            }
            let there = try database.count("creates") - BenchDatabase.linkCount
            guard there >= counted else {
              throw CommandError(.failed, "\(counted) links were acknowledged, \(there) are there")
            }
          }
        ),
        (
          "pgbench",
          { pair throws(CommandError) in
            try database.copy("creates")
            sides.set(pair, try pgbench.run(database.url("creates")))
          }
        ),
      ])
    var report = sides.report(name, atLeast: 2.5)
    report.commands = [bench.shown(pgbench.command("postgresql:///creates"))]
    report.notes = [
      "each run begins with a fresh copy of 100 000 links under the whole schema with its indexes "
        + "and triggers; PostgreSQL as it comes, fsync on, on the same machine, over its socket",
      "both sides keep \(outstanding) creations under way: Lynx as tasks of this process over its "
        + "connections, pgbench as connections with prepared statements",
      "pgbench's p99 is from a tenth of its transactions",
    ]
    return report
  }
}
