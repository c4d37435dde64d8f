import Databases
import LinkStores
import Links
import TestSupport
import Testing

@Suite("A database that takes nothing more can be read")
struct FullDatabaseTests {
  /// What the database refuses clicks with, and whether that says that it has none of them.
  enum Refusal: String, CaseIterable { case full, other }

  @Test("links show the clicks that wait", arguments: TestedEngine.allCases, Refusal.allCases)
  func reads(engine: TestedEngine, refusal: Refusal) async throws {
    let api = try await APIFixture(engine)
    let link = try await api.store.create(
      NewLink(
        code: ShortCode(custom: "one"), destination: Destination("https://example.org/"),
        createdBy: nil))
    try Self.refuse(api, engine, refusal)
    let counter = api.journal.counter(forLoop: 0)
    for _ in 0..<7 { counter.count(link.id) }
    await #expect(throws: LinkError.self) { try await api.journal.flush() }
    // Of these nothing was tried.
    for _ in 0..<4 { counter.count(link.id) }
    try await Self.untilPending(11, link, api)
    for _ in 0..<2 {
      let shown = try await api.ask("GET", "/api/urls/one")
      #expect(shown.status == 200 && shown.object["clicks"] as? Int == 11, "\(shown.text)")
      for (path, name) in [("/api/urls", "urls"), ("/api/urls/search?q=one", "items")] {
        let page = try await api.ask("GET", path)
        let links = page.object[name] as? [[String: Any]]
        #expect(page.status == 200 && links?.first?["clicks"] as? Int == 11, "\(page.text)")
      }
      #expect(try await api.ask("GET", "/api/urls/one/history").status == 200)
    }
    await #expect(throws: LinkError.self) { try await api.journal.flush() }
    try Self.execute(api, "DROP TRIGGER refuse\(engine == .postgres ? " ON click_batches" : "")")
    try await api.journal.flush()
    try await api.journal.flush()
    #expect(try await api.store.link(code: "one").clicks == 11)
    #expect(try await api.ask("GET", "/api/urls/one").object["clicks"] as? Int == 11)
    await api.stop()
  }

  @Test("the first list writes nothing", arguments: TestedEngine.allCases)
  func firstList(engine: TestedEngine) async throws {
    let api = try await APIFixture(engine)
    try Self.execute(api, "DROP TABLE settings")
    #expect(try await api.ask("GET", "/api/urls").status == 200)
    #expect(try await api.ask("GET", "/api/urls/search?q=x").status == 200)
    await api.stop()
  }

  private static func untilPending(_ clicks: Int64, _ link: Link, _ api: APIFixture) async throws {
    for _ in 0..<3_000 where api.journal.pending(of: link.id) != clicks {
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(api.journal.pending(of: link.id) == clicks)
  }

  private static func refuse(
    _ api: APIFixture, _ engine: TestedEngine, _ refusal: Refusal
  ) throws {
    switch engine {
    case .postgres:
      let code = refusal == .full ? "disk_full" : "read_only_sql_transaction"
      try execute(
        api,
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          RAISE EXCEPTION 'refused' USING ERRCODE = '\(code)';
        END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON click_batches FOR EACH ROW
          EXECUTE FUNCTION refuse();
        """)
    case .sqlite:
      // SQLite's own "full" needs a full disk, which the tests of lynx serve have.
      try execute(
        api,
        """
        CREATE TRIGGER refuse BEFORE INSERT ON click_batches
        BEGIN SELECT RAISE(ABORT, 'refused'); END
        """)
    }
  }

  private static func execute(_ api: APIFixture, _ script: String) throws {
    switch try DatabaseURL(api.url).engine {
    case .sqlite(let path): try SQLiteConnection(path: path).execute(script)
    case .postgres(let conninfo): try PostgresConnection(conninfo: conninfo).execute(script)
    }
  }
}
