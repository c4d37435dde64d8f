import LinkStores
import Links
import Terminal

/// What codes lead to, asked of PostgreSQL.
struct PostgresLookups: Claim {
  let name = "postgres-lookups"
  let summary = "links looked up in PostgreSQL at 16 outstanding, beside pgbench (12 s a pair)"
  let tools = [Tool.pgbench]
  private let outstanding = 16

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let database = try BenchDatabase()
    let seconds = bench.arguments.seconds ?? 5
    let codes =
      BenchDatabase.firstCode...(BenchDatabase.firstCode + BenchDatabase.linkCount - 1)
    let pgbench = Pgbench(
      bench: bench, clients: outstanding, seconds: seconds,
      script: """
        \\set code random(\(codes.lowerBound), \(codes.upperBound))
        SELECT id, original_url, is_active, version FROM urls WHERE short_code = :code::text;

        """)
    try database.copy("lookups")
    var sides = ComparedRates("lynx", "pgbench")
    try bench.alternate(
      name, pairs: bench.arguments.pairs,
      [
        (
          "lynx",
          { pair throws(CommandError) in
            let conninfo = try database.conninfo("lookups")
            let outstanding = outstanding
            try sides.set(pair) {
              let store = try PostgresLinkStore(conninfo: conninfo)
              let work = try await OutstandingWork(
                outstanding: outstanding, seconds: Double(seconds),
                calling: { random, answer in
                  let code = "\(Int.random(in: codes, using: &random))"
                  store.lookUp(code) { result in
                    switch result {
                    case .success(nil): answer(.failure(LinkError.notFound(code)))
                    case .success: answer(.success(()))
                    case .failure(let error): answer(.failure(error))
                    }
                  }
                })
              await store.close()
              return work
            }
          }
        ),
        (
          "pgbench",
          { pair throws(CommandError) in
            sides.set(pair, try pgbench.run(database.url("lookups")))
          }
        ),
      ])
    var report = sides.report(name, atLeast: 4)
    report.commands = [bench.shown(pgbench.command("postgresql:///lookups"))]
    report.notes = [
      "100 000 links under the whole schema, codes drawn uniformly; PostgreSQL as it comes, on the "
        + "same machine, over its socket",
      "both sides keep \(outstanding) lookups of one code each under way: Lynx as callbacks of this "
        + "process over the store's connection for lookups, pgbench as connections with prepared statements",
      "pgbench's p99 is from a tenth of its transactions",
    ]
    return report
  }
}
