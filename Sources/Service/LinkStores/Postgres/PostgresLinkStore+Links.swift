internal import Databases
public import Links

extension PostgresLinkStore {
  public func ping() async throws(LinkError) {
    try await run([(PostgresStatements.ping, [])]) { _ in }
  }

  public func link(code: String) async throws(LinkError) -> Link {
    let links = try await run([(PostgresStatements.link, [.text(code)])]) {
      PostgresStatements.links($0[0])
    }
    guard let link = links.first else { throw .notFound("the short code '\(code)'") }
    return link
  }

  public func update(
    code: String, destination: Destination, by user: String?
  ) async throws(LinkError) -> Link {
    let parameters: [PostgresParameter] = [
      .text(code), .text(destination.text), user.map { .text($0) } ?? .null,
    ]
    guard let link = try await change(PostgresStatements.update, parameters) else {
      throw .notFound("the short code '\(code)'")
    }
    return link
  }

  public func restore(
    code: String, entry: Int64, by user: String?
  ) async throws(LinkError) -> Link {
    let parameters: [PostgresParameter] = [
      .text(code), .int64(entry), user.map { .text($0) } ?? .null,
    ]
    if let link = try await change(PostgresStatements.restore, parameters) { return link }
    _ = try await link(code: code)
    throw .notFound("the history entry \(entry) of the short code '\(code)'")
  }

  public func setActive(code: String, _ isActive: Bool) async throws(LinkError) -> Link {
    guard
      let link = try await change(PostgresStatements.setActive, [.text(code), .bool(isActive)])
    else { throw .notFound("the short code '\(code)'") }
    return link
  }

  /// Runs a statement that changes a link and tells whether it did; the link as it is then, nil if
  /// there is none. Other nodes hear of it.
  private func change(
    _ statement: PostgresStatement, _ parameters: [PostgresParameter]
  ) async throws(LinkError) -> Link? {
    let (link, hasChanged) = try await run([(statement, parameters)]) { answers in
      (PostgresStatements.links(answers[0]).first, answers[0].bool(0, 9) ?? false)
    }
    if let link, hasChanged { announce(link) }
    return link
  }

  public func history(code: String) async throws(LinkError) -> [HistoryEntry] {
    let (entries, exists) = try await run([
      (PostgresStatements.history, [.text(code)]), (PostgresStatements.link, [.text(code)]),
    ]) { answers in
      let rows = answers[0]
      let entries = (0..<rows.count).map { row in
        HistoryEntry(
          id: rows.int64(row, 0) ?? 0, code: rows.text(row, 1) ?? "",
          destination: rows.text(row, 2) ?? "", changedAt: rows.int64(row, 3) ?? 0,
          changedBy: rows.text(row, 4))
      }
      return (entries, answers[1].count > 0)
    }
    if !exists { throw .notFound("the short code '\(code)'") }
    return entries
  }

  public func counts() async throws(LinkError) -> LinkCounts {
    try await run([
      (PostgresStatements.planForValues, []), (PostgresStatements.counts, []),
    ]) { answers in
      let rows = answers[1]
      return LinkCounts(
        links: rows.int64(0, 0) ?? 0, activeLinks: rows.int64(0, 1) ?? 0,
        clicks: rows.int64(0, 2) ?? 0)
    }
  }

  public func add(_ clicks: ClickBatch) async throws(LinkError) -> Int64? {
    let counts = clicks.counts.filter { $0.clicks > 0 }
    return try await run([
      (
        PostgresStatements.addClicks,
        [
          .text(clicks.id), .int64Array(counts.map(\.linkID)),
          .int64Array(counts.map(\.clicks)),
        ]
      ),
      (PostgresStatements.forgetBatches, []),
    ]) { $0[0].int64(0, 0) == 1 ? $0[0].int64(0, 1) ?? 0 : nil }
  }

  public func advanceIDs() async throws(LinkError) {
    try await run([
      (PostgresStatements.lockIDs, []), (PostgresStatements.advanceIDs, []),
    ]) { _ in }
  }

  public func setting(_ name: String, orSet value: String) async throws(LinkError) -> String {
    let known = try await run([
      (
        PostgresStatements.proposeSetting,
        [.text(name), .bytes(Array(value.utf8))]
      ),
      (PostgresStatements.setting, [.text(name)]),
    ]) { $0[1].bytes(0, 0) }
    return known.map { String(decoding: $0, as: UTF8.self) } ?? value
  }

  public func changes(since updatedAt: Int64) async throws(LinkError) -> LinkChanges {
    try await run([
      (PostgresStatements.clock, []), (PostgresStatements.changes, [.int64(updatedAt)]),
    ]) { answers in
      let rows = answers[1]
      let changes = (0..<rows.count).map { row in
        LinkChange(
          code: rows.text(row, 0) ?? "", version: rows.int64(row, 1) ?? 0,
          updatedAt: rows.int64(row, 2) ?? 0)
      }
      return LinkChanges(changes: changes, clock: answers[0].int64(0, 0) ?? 0)
    }
  }

  public func links(_ query: LinkQuery) async throws(LinkError) -> LinkPage {
    let search = PostgresSearch(query)
    let links = try await run([
      (PostgresStatements.planForValues, []), (search.statement, search.parameters),
    ]) { PostgresStatements.links($0[1]) }
    return LinkPage(links: Array(links.prefix(query.limit)), hasMore: links.count > query.limit)
  }
}
