import LinkStores
import Links
import Testing

@Suite("Changing links, on every engine")
struct ChangeTests {
  @Test("an update keeps the former destination, newest first", arguments: TestedEngine.allCases)
  func history(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let created = try await fixture.create("abc", "https://example.org/0", by: "anna")
    #expect(try await fixture.store.history(code: "abc").isEmpty)
    for index in 1...4 {
      let link = try await fixture.store.update(
        code: "abc", destination: Destination("https://example.org/\(index)"), by: "otto")
      #expect(link.destination == "https://example.org/\(index)")
      #expect(link.version == created.version + Int64(index))
      #expect(link.updatedAt >= created.updatedAt && link.createdBy == "anna")
      #expect(try await fixture.store.link(code: "abc") == link)
    }
    let history = try await fixture.store.history(code: "abc")
    #expect(history.map(\.destination) == (0...3).reversed().map { "https://example.org/\($0)" })
    #expect(history.allSatisfy { $0.changedBy == "otto" && $0.code == "abc" })

    let oldest = try #require(history.last)
    let restored = try await fixture.store.restore(code: "abc", entry: oldest.id, by: nil)
    #expect(restored.destination == "https://example.org/0" && restored.version == 6)
    let after = try await fixture.store.history(code: "abc")
    #expect(after.count == 5 && after.first?.destination == "https://example.org/4")
    #expect(after.last == oldest, "the entry stays")
  }

  @Test("what changes nothing is no change", arguments: TestedEngine.allCases)
  func unchanged(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let link = try await fixture.create("abc", "https://example.org/")
    let same = try await fixture.store.update(
      code: "abc", destination: Destination("https://example.org/"), by: "otto")
    #expect(same == link)
    #expect(try await fixture.store.history(code: "abc").isEmpty)
    #expect(try await fixture.store.setActive(code: "abc", true) == link)
    let inactive = try await fixture.store.setActive(code: "abc", false)
    #expect(!inactive.isActive && inactive.version == 2)
    #expect(try await fixture.store.setActive(code: "abc", false) == inactive)
    #expect(try await fixture.store.targets(of: ["abc"]).first??.isActive == false)
    #expect(try await fixture.store.setActive(code: "abc", true).version == 3)
  }

  @Test("what is not there is not found, and nothing is written", arguments: TestedEngine.allCases)
  func missing(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let store = fixture.store
    try await fixture.create("abc", "https://example.org/1")
    _ = try await store.update(
      code: "abc", destination: Destination("https://example.org/2"), by: nil)
    let entry = try #require(try await store.history(code: "abc").first)
    try await fixture.create("other")
    let destination = try Destination("https://example.org/3")
    func isMissing(_ body: () async throws -> Void) async -> Bool {
      do {
        try await body()
      } catch LinkError.notFound {
        return true
      } catch {}
      return false
    }
    #expect(
      await isMissing { _ = try await store.update(code: "x", destination: destination, by: nil) })
    #expect(await isMissing { _ = try await store.setActive(code: "x", false) })
    #expect(await isMissing { _ = try await store.history(code: "x") })
    #expect(await isMissing { _ = try await store.restore(code: "x", entry: entry.id, by: nil) })
    #expect(
      await isMissing { _ = try await store.restore(code: "other", entry: entry.id, by: nil) })
    #expect(
      await isMissing { _ = try await store.restore(code: "abc", entry: entry.id + 9, by: nil) })
    #expect(try await store.link(code: "abc").version == 2)
    #expect(try await store.history(code: "other").isEmpty)
  }

  @Test("changes at once all count, one after the other", arguments: TestedEngine.allCases)
  func concurrent(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    try await fixture.create("abc", "https://example.org/start")
    let links = try await withThrowingTaskGroup(of: Link.self) { group in
      for index in 0..<40 {
        group.addTask {
          try await fixture.store.update(
            code: "abc", destination: Destination("https://example.org/\(index)"), by: nil)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(links.map(\.version)) == Set(2...41))
    let last = try await fixture.store.link(code: "abc")
    #expect(last == links.max { $0.version < $1.version })
    let history = try await fixture.store.history(code: "abc")
    let former = links.filter { $0 != last }.map(\.destination) + ["https://example.org/start"]
    #expect(Set(history.map(\.destination)) == Set(former) && history.count == 40)
  }

  @Test(
    "changes since a moment name the links and their versions", arguments: TestedEngine.allCases)
  func changes(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let first = try await fixture.create("first")
    let second = try await fixture.create("second")
    let changed = try await fixture.store.setActive(code: "first", false)
    let changes = try await fixture.store.changes(since: first.createdAt).changes
    #expect(
      Set(changes) == [
        LinkChange(code: "first", version: 2, updatedAt: changed.updatedAt),
        LinkChange(code: "second", version: 1, updatedAt: second.updatedAt),
      ])
    let latest = changes.map(\.updatedAt).max() ?? 0
    #expect(try await fixture.store.changes(since: latest + 1).changes.isEmpty)
  }
}
