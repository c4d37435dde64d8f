import LinkStores
import Links
import Terminal
import TestSupport

/// Links created in SQLite.
struct SQLiteCreations: Claim {
  let name = "sqlite-creates"
  let summary =
    "links created in SQLite at 64 outstanding, beside one commit per insert (14 s a pair)"
  let tools: [Tool] = []
  private static let outstanding = 64

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let file = try SQLiteBenchFile(bench)
    let seconds = bench.arguments.seconds ?? 5
    var sides = ComparedRates("lynx", "one commit per insert")
    try bench.alternate(
      name, pairs: bench.arguments.pairs,
      [
        (
          "lynx",
          { pair throws(CommandError) in
            let path = try file.copy()
            let counted = try sides.set(pair) {
              let store = try SQLiteLinkStore(path: path)
              let work = try await Self.work(seconds) { _ = try await store.create($0) }
              await store.close()
              return work
            }
            try Self.check(counted, path)
          }
        ),
        (
          "one commit per insert",
          { pair throws(CommandError) in
            let path = try file.copy()
            let work: OutstandingWork
            do {
              work = try waitFor {
                let store = try CommitPerInsert(path: path)
                return try await Self.work(seconds) {
                  try await store.create($0, at: 1_800_000_000)
                }
              }
            } catch {
              throw CommandError(.failed, "\(error)")
            }
            sides.set(pair, peerPerSecond: work.perSecond, peerP99Seconds: work.p99Seconds)
            try Self.check(work.latenciesNanoseconds.count, path)
          }
        ),
      ])
    var report = sides.report(name, atLeast: 3)
    report.notes = [
      "each run begins with a fresh copy of 100 000 links under the whole schema with its indexes "
        + "and triggers; WAL and synchronous=FULL on both sides",
      "both sides keep \(Self.outstanding) creations under way, as tasks of this process; the "
        + "peer's take turns, first come first served, at one connection, where each INSERT of a "
        + "prepared statement is a transaction",
    ]
    return report
  }

  private static func work(
    _ seconds: Int, _ create: @escaping @Sendable (NewLink) async throws -> Void
  ) async throws -> OutstandingWork {
    try await OutstandingWork(outstanding: outstanding, seconds: Double(seconds)) { random in
      let code = "\(Int.random(in: 100_000_000_000...999_999_999_999, using: &random))"
      try await create(
        NewLink(
          code: ShortCode(custom: code),
          destination: Destination("https://example.com/articles/\(code)"), createdBy: "bench"))
    }
  }

  /// What was acknowledged has to be there.
  private static func check(_ counted: Int, _ path: String) throws(CommandError) {
    let there = try SQLiteBenchFile.count(path) - SQLiteBenchFile.linkCount
    guard there >= counted else {
      throw CommandError(.failed, "\(counted) links were acknowledged, \(there) are there")
    }
  }
}
