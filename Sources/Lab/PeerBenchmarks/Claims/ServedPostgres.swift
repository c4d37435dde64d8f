import Glibc
import LinuxSystem
import Terminal

/// What is left of the store's figures behind HTTP: redirects that are not cached, and creates by the API.
struct ServedPostgres: Claim {
  let name = "serve-postgres"
  let summary = "uncached redirects and creates through lynx serve, beside pgbench (35 s a pair)"
  let tools = [Tool.pgbench, Tool.wrk]

  /// The same number of requests under way on either side.
  private static let lookups = 64
  private static let creates = 64

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let database = try BenchDatabase()
    let seconds = bench.arguments.seconds ?? 5
    let codes =
      BenchDatabase.firstCode...(BenchDatabase.firstCode + BenchDatabase.linkCount - 1)
    let asking = try RedirectLoad(
      bench, codes: (0..<1 << 17).map { _ in "\(Int.random(in: codes))" })
    let creating = try RedirectLoad(bench, script: Self.creations, named: "create")
    let selects = Pgbench(
      bench: bench, clients: Self.lookups, seconds: seconds,
      script: """
        \\set code random(\(codes.lowerBound), \(codes.upperBound))
        SELECT id, original_url, is_active, version FROM urls WHERE short_code = :code::text;

        """)
    let inserts = Pgbench(
      bench: bench, clients: Self.creates, seconds: seconds,
      script: """
        \\set code random(100000000000, 999999999999)
        INSERT INTO urls (short_code, original_url, created_at, created_by, updated_at) \
        VALUES (:code::text, 'https://example.com/articles/' || :code::text, 1800000000, 'bench', \
        1800000000) ON CONFLICT (short_code) DO NOTHING RETURNING id;

        """)
    var redirects = Series("lynx serve: uncached redirects a second", .perSecond)
    var selected = Series("pgbench: selects a second", .perSecond)
    var created = Series("lynx serve: creates a second", .perSecond)
    var inserted = Series("pgbench: inserts a second", .perSecond)
    try bench.alternate(
      name, pairs: bench.arguments.pairs,
      [
        (
          "lynx",
          { pair throws(CommandError) in
            try database.copy("served")
            let server = try Server(bench, database.url("served"))
            let (ports, process) = (server.ports, server.process)
            _ = try asking.run(ports.redirects, connections: Self.lookups, seconds: 1)
            redirects.set(
              try asking.run(ports.redirects, connections: Self.lookups, seconds: seconds)
                .perSecond, pair: pair)
            created.set(
              try creating.run(ports.api, connections: Self.creates, seconds: seconds).perSecond,
              pair: pair)
            process.send(signal: SIGTERM)
            guard try bench.finish(process, within: 30) != nil else {
              throw bench.failure(of: server.command, "does not end")
            }
          }
        ),
        (
          "pgbench",
          { pair throws(CommandError) in
            try database.copy("served")
            selected.set(try selects.run(database.url("served")).perSecond, pair: pair)
            inserted.set(try inserts.run(database.url("served")).perSecond, pair: pair)
          }
        ),
      ])
    var report = ClaimReport(name)
    report.series = [redirects, selected, created, inserted]
    report.ratios = [Ratio(redirects, by: selected), Ratio(created, by: inserted)]
    report.commands = [
      bench.shown(asking.command(0, connections: Self.lookups, seconds: seconds)),
      bench.shown(creating.command(0, connections: Self.creates, seconds: seconds)),
      bench.shown(selects.command("postgresql:///served")),
      bench.shown(inserts.command("postgresql:///served")),
    ]
    report.notes = [
      "100 000 links under the whole schema, codes drawn uniformly, a cache of one link, so that each "
        + "redirect asks the database; one thread for redirects, one for the API's sockets",
      "wrk, the server and PostgreSQL share the two cores; pgbench is client and peer in one",
    ]
    return report
  }

  private static let creations = """
    local count = 0
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    function request()
      count = count + 1
      local body = string.format(
        '{"url":"https://example.com/articles/%012d","custom_code":"n%012d"}', count, count)
      return wrk.format(nil, "/api/urls", nil, body)
    end

    """

  /// `lynx serve` on a database of PostgreSQL.
  private struct Server {
    let ports: (redirects: UInt16, api: UInt16)
    let command: [String]
    let process: RunningProcess

    init(_ bench: Bench, _ url: String) throws(CommandError) {
      ports = (try freeLoopbackPort(), try freeLoopbackPort())
      command = [
        bench.lynxPath, "serve", "--database-url", url, "--journal-dir", bench.scratch("clicks"),
        "--redirect-port", "\(ports.redirects)", "--api-port", "\(ports.api)", "--threads", "1",
        "--cache-max-entries", "1",
      ]
      process = try RunningProcess(
        command,
        .init(outputPath: bench.scratch("server.txt"), errorPath: bench.scratch("errors.txt")))
      let deadline = Clock.monotonicNanoseconds + 20_000_000_000
      while !canConnect(toLoopbackPort: ports.api) {
        guard Clock.monotonicNanoseconds < deadline, Processes.exists(process.processID) else {
          throw bench.failure(of: command, "does not answer on port \(ports.api)")
        }
        try bench.interrupts.pause(seconds: 0.05)
      }
    }
  }
}
