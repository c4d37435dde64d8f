import Databases
import Foundation
import LinkStores
import Links
import Migrations
import TestSupport
import Testing

@Suite("A node's feed trusts neither connections nor clocks")
struct FeedTrustTests {
  @Test("what is cached stays while the database is away, and is forgotten when it is back")
  func outage() async throws {
    let server = try PostgresServer()
    let database = try DatabaseURL(server.url())
    _ = try Migrator(database: database, origin: .embedded(.postgres)).up()
    // That the listener connects again is what makes it forget here, not a long silence, which a busy
    // machine could make of any pause.
    var options = LinkChangeFeed.Options()
    options.silenceMilliseconds = 3_600_000
    let node = try Node(database, options: options)
    try await node.waitUntilWatching()
    _ = try await node.store.create(
      NewLink(
        code: ShortCode(custom: "abc"), destination: Destination("https://example.org/1"),
        createdBy: nil))
    try await eventually("it is cached") {
      try await node.answer("abc") != nil && node.cache.look("abc") != .miss
    }
    let cached = node.cache.look("abc")
    for round in 1...2 {
      let kept = node.cache.look("abc")
      #expect(kept != .miss)
      try await onOwnThread { try server.kill() }
      let failures = node.feed.statistics.failures
      try await eventually("the feed notices") {
        !node.feed.statistics.isHearingHints && node.feed.statistics.failures > failures + 1
      }
      #expect(node.cache.look("abc") == kept)
      try await onOwnThread { try server.start() }
      try server.psql(
        "UPDATE urls SET original_url = 'https://example.org/after-\(round)'")
      let time = try await eventually("what changed meanwhile is seen") {
        try await node.answer("abc")?.destination == "https://example.org/after-\(round)"
      }
      print("seen \(Int(time)) ms after the return")
      try await eventually("it is cached again") {
        _ = try await node.answer("abc")
        return node.feed.statistics.isHearingHints && node.cache.look("abc") != .miss
      }
      #expect(node.feed.statistics.connections == round + 1)
      #expect(node.cache.look("abc") != cached)
    }
    await node.close()
  }

  /// The database's own functions come first in every session's search path, unless another place is
  /// given: so its clock can be any.
  private func setClock(_ fixture: StoreFixture) throws {
    guard case .postgres(let conninfo) = fixture.database.engine else { return }
    let connection = try PostgresConnection(conninfo: conninfo)
    try connection.execute(
      """
      CREATE TABLE clock (seconds BIGINT NOT NULL);
      INSERT INTO clock VALUES (-3600);
      CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
        $$ SELECT pg_catalog.clock_timestamp() + seconds * interval '1 s' FROM public.clock $$;
      ALTER DATABASE "\(connection.databaseName)" SET search_path = public, pg_catalog;
      """)
  }

  @Test("a database whose clock is an hour behind, and set back further, is followed all the same")
  func clocks() async throws {
    let fixture = try StoreFixture(.postgres)
    try setClock(fixture)
    let (writing, reading) = (try Node(fixture.database), try Node(fixture.database))
    try await writing.waitUntilWatching()
    try await reading.waitUntilWatching()
    for (round, offset) in [-3600, -3600, -7200, -7200, 300].enumerated() {
      try fixture.execute("UPDATE clock SET seconds = \(offset)")
      let code = "code-\(round)"
      #expect(try await reading.answer(code) == nil)
      let before = Int64(Date().timeIntervalSince1970) + Int64(offset)
      let link = try await writing.write {
        try await $0.create(
          NewLink(
            code: ShortCode(custom: code), destination: Destination("https://example.org/"),
            createdBy: nil))
      }
      // Which clock it is: the database's.
      // Between the two a busy machine may let minutes pass.
      let after = Int64(Date().timeIntervalSince1970) + Int64(offset)
      #expect((before - 5...after + 5).contains(link.createdAt))
      #expect(link.updatedAt == link.createdAt)
      try await eventually("\(code)") { try await reading.answer(code) != nil }
      // Without any notice.
      try fixture.execute("UPDATE urls SET is_active = FALSE WHERE short_code = '\(code)'")
      try await eventually("\(code) is inactive") {
        try await reading.answer(code)?.isActive == false
      }
    }
    await writing.close()
    await reading.close()
  }

  @Test("a notice sent by hand makes a node ask for everything again")
  func byHand() async throws {
    let fixture = try StoreFixture(.postgres)
    try await fixture.create("abc")
    let node = try Node(fixture.database)
    try await node.waitUntilWatching()
    try await eventually("it is cached") {
      _ = try await node.answer("abc")
      return node.cache.counts.links == 1
    }
    let before = node.feed.statistics.forgotten
    try fixture.execute("NOTIFY lynx_links, '*'")
    // A node that had to wait for the CPU too long forgets everything by itself as well.
    try await eventually("it is forgotten") { node.feed.statistics.forgotten > before }
    #expect(node.cache.look("abc") == .miss)
    await node.close()
  }

  @Test("after its end the cache is left alone", arguments: TestedEngine.allCases)
  func ending(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    try await fixture.create("abc")
    let node = try Node(fixture.database)
    try await node.waitUntilWatching()
    let cached = try await node.answer("abc")
    try await eventually("it is cached") {
      _ = try await node.answer("abc")
      return node.cache.look("abc") != .miss
    }
    await node.feed.close()
    await node.feed.close()
    let statistics = node.feed.statistics
    _ = try await fixture.store.setActive(code: "abc", false)
    // Longer than any hint or question would take.
    try await Task.sleep(for: .milliseconds(700))
    #expect(node.cache.look("abc") == cached.map { .found($0) })
    #expect(node.feed.statistics.answers == statistics.answers)
    await node.store.close()
  }
}
