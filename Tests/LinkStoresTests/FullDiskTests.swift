import Databases
import Foundation
import LinkStores
import Links
import Migrations
import Synchronization
import TestSupport
import Testing

@Suite("A full disk refuses what is new and keeps what is there")
struct FullDiskTests {
  @Test("SQLite")
  func sqliteOnFullDisk() async throws {
    guard SmallDisk.isPermitted else {
      return try SmallDisk.runInOwnNamespace(
        "sqliteOnFullDisk", printing: "links until the disk was full")
    }
    // More than all there is besides: what the write-ahead log holds has to have a place in the file
    // before the log begins anew.
    let disk = try SmallDisk(bytes: 9_000_000, ballastBytes: 5_000_000)
    defer { withExtendedLifetime(disk) {} }
    let path = disk.path + "/links.db"
    let database = try DatabaseURL("sqlite://\(path)")
    _ = try Migrator(database: database, origin: .embedded(.sqlite)).up()
    let store = try SQLiteLinkStore(path: path)
    let links = try await Self.fill(store, says: ["full", path])
    try await Self.expectRefusals(store, links[0], says: path)
    try disk.makeRoom()
    try await Self.expectWork(store, links)
    await store.close()
    let again = try SQLiteLinkStore(path: path)
    try await Self.expectAll(links, in: again)
    await again.close()
    let connection = try SQLiteConnection(path: path)
    let check = try connection.prepare("PRAGMA integrity_check")
    #expect(try check.step() && check.text(at: 0) == "ok")
  }

  @Test("PostgreSQL, with the links on a tablespace of their own")
  func postgresOnFullDisk() async throws {
    let fixture = try StoreFixture(.postgres)
    // PostgreSQL refuses to run as root, also in a namespace: without mounting, its error alone.
    guard SmallDisk.isPermitted else {
      try fixture.execute(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF (SELECT count(*) FROM urls) >= 300 THEN
            RAISE EXCEPTION 'disk full' USING ERRCODE = 'disk_full';
          END IF;
          RETURN NULL;
        END $$;
        CREATE TRIGGER refuse AFTER INSERT OR UPDATE ON urls EXECUTE FUNCTION refuse();
        """)
      let links = try await Self.fill(fixture.store, says: ["full", "127.0.0.1"])
      try await Self.expectRefusals(fixture.store, links[0], says: "127.0.0.1")
      try fixture.execute("DROP TRIGGER refuse ON urls")
      return try await Self.expectWork(fixture.store, links)
    }
    let disk = try SmallDisk(bytes: 12_000_000, ballastBytes: 4_000_000)
    defer { withExtendedLifetime(disk) {} }
    let name = "small_" + UUID().uuidString.prefix(8).lowercased()
    let place = disk.path + "/space"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
    try PostgresServer.shared().give(place)
    try fixture.execute("CREATE TABLESPACE \(name) LOCATION '\(place)'")
    defer { _ = try? fixture.execute("DROP TABLESPACE \(name)") }
    defer { _ = try? fixture.execute("ALTER TABLE urls SET TABLESPACE pg_default") }
    try fixture.execute("ALTER TABLE urls SET TABLESPACE \(name)")
    let links = try await Self.fill(fixture.store, says: ["space", "127.0.0.1"])
    try await Self.expectAll(links, in: fixture.store)
    try disk.makeRoom()
    try await Self.expectWork(fixture.store, links)
    await fixture.store.close()
  }

  private final class Outcome: Sendable {
    let acknowledged = Mutex<[Link]>([])
    let refusals = Mutex<[LinkError]>([])
  }

  /// Creates links until there is no room; those that were acknowledged.
  private static func fill(_ store: any LinkStore, says parts: [String]) async throws -> [Link] {
    let outcome = Outcome()
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<16 {
        group.addTask {
          for number in 0..<2_000 {
            do throws(LinkError) {
              let link = try await store.create(try Self.new("\(worker)-\(number)"))
              outcome.acknowledged.withLock { $0.append(link) }
            } catch {
              outcome.refusals.withLock { $0.append(error) }
              return
            }
          }
        }
      }
    }
    // A group needs more room than one: until there is none for that either.
    for number in 0..<200 {
      do throws(LinkError) {
        let link = try await store.create(try Self.new("last-\(number)"))
        outcome.acknowledged.withLock { $0.append(link) }
      } catch {
        outcome.refusals.withLock { $0.append(error) }
        break
      }
    }
    let errors = outcome.refusals.withLock { $0 }
    #expect(errors.count == 17)
    for error in errors { expectFull(error, says: parts) }
    let links = outcome.acknowledged.withLock { $0 }
    print("\(links.count) links until the disk was full")
    return try #require(links.isEmpty ? nil : links)
  }

  private static func new(_ code: String) throws(LinkError) -> NewLink {
    NewLink(
      code: try ShortCode(custom: code),
      destination: try Destination(
        "https://example.org/\(code)/" + String(repeating: "x", count: 1_500)),
      createdBy: nil)
  }

  private static func expectRefusals(
    _ store: any LinkStore, _ link: Link, says part: String
  ) async throws {
    await expectFull(says: [part]) {
      _ = try await store.create(try new("full"))
    }
    // As long as there is no room for the whole change there is neither history nor change.
    let longer = try Destination("https://example.org/" + String(repeating: "y", count: 1_900))
    await expectFull(says: [part]) {
      for _ in 0..<100 {
        _ = try await store.update(code: link.code, destination: longer, by: nil)
        _ = try await store.update(
          code: link.code, destination: Destination(link.destination), by: nil)
      }
    }
    let now = try await store.link(code: link.code)
    let history = try await store.history(code: link.code)
    #expect(history.count == Int(now.version) - 1)
  }

  private static func expectWork(_ store: any LinkStore, _ links: [Link]) async throws {
    try await expectAll(links, in: store)
    let link = try await store.create(try new("after"))
    #expect(try await store.link(code: "after") == link)
    let batch = ClickBatch(id: "a", counts: [.init(linkID: link.id, clicks: 3)])
    #expect(try await store.add(batch) == 3)
    #expect(try await store.link(code: "after").clicks == 3)
  }

  private static func expectAll(_ links: [Link], in store: any LinkStore) async throws {
    let found = try await store.targets(of: links.map(\.code))
    #expect(zip(links, found).allSatisfy { $0.id == $1?.id })
    #expect(try await store.links(LinkQuery(limit: 20)).links.count == min(20, links.count))
    #expect(try await store.counts().links >= links.count)
  }
}

/// A full store, told as what it is, in one sentence that says where.
private func expectFull(
  _ error: any Error, says parts: [String], sourceLocation: SourceLocation = #_sourceLocation
) {
  guard case .full(let reason)? = error as? LinkError else {
    Issue.record("\(error)", sourceLocation: sourceLocation)
    return
  }
  expectSentence(
    LinkError.unavailable(reason: reason, retryAfter: nil), retries: false, says: parts,
    sourceLocation: sourceLocation)
}

private func expectFull(
  says parts: [String], sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> Void
) async {
  do {
    try await body()
    Issue.record("nothing was refused", sourceLocation: sourceLocation)
  } catch {
    expectFull(error, says: parts, sourceLocation: sourceLocation)
  }
}

/// One sentence that says where, and whether waiting helps.
func expectSentence(
  _ error: any Error, retries: Bool, says parts: [String],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard case .unavailable(let reason, let retryAfter)? = error as? LinkError else {
    Issue.record("\(error)", sourceLocation: sourceLocation)
    return
  }
  #expect(
    !reason.isEmpty && !reason.contains("\n") && !reason.hasSuffix("."), "\(reason)",
    sourceLocation: sourceLocation)
  #expect((retryAfter != nil) == retries, "\(reason)", sourceLocation: sourceLocation)
  for part in parts {
    #expect(reason.contains(part), "\(reason)", sourceLocation: sourceLocation)
  }
}

func expectUnavailable(
  retries: Bool, says parts: [String], sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> Void
) async {
  do {
    try await body()
    Issue.record("nothing was refused", sourceLocation: sourceLocation)
  } catch {
    expectSentence(error, retries: retries, says: parts, sourceLocation: sourceLocation)
  }
}
