import Foundation
import LinkStores
import Links
import Testing

@Suite("Clicks, counts and settings, on every engine")
struct CountingTests {
  @Test("a batch counts once, however often it is sent", arguments: TestedEngine.allCases)
  func batch(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let store = fixture.store
    let one = try await fixture.create("one")
    let two = try await fixture.create("two")
    let batch = ClickBatch(
      id: "node-1/7",
      counts: [
        .init(linkID: one.id, clicks: 3), .init(linkID: two.id, clicks: 1_000_000_000_000),
        .init(linkID: two.id + 1000, clicks: 5),
      ])
    let outcomes = try await withThrowingTaskGroup(of: Int64?.self) { group in
      for _ in 0..<8 { group.addTask { try await store.add(batch) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(outcomes.compactMap(\.self) == [1_000_000_000_003], "once, without the missing link")
    #expect(
      try await store.add(
        ClickBatch(
          id: "node-1/8",
          counts: [
            .init(linkID: one.id, clicks: 4)
          ])) == 4)
    var expected = one
    expected.clicks = 7
    #expect(try await store.link(code: "one") == expected, "neither version nor time change")
    #expect(try await store.link(code: "two").clicks == 1_000_000_000_000)
    #expect(try await store.add(ClickBatch(id: "empty", counts: [])) == 0)
    #expect(try await store.add(ClickBatch(id: "empty", counts: [])) == nil)
  }

  @Test("the largest count stays the largest", arguments: TestedEngine.allCases)
  func saturation(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let link = try await fixture.create("one")
    for id in ["a", "b"] {
      #expect(
        try await fixture.store.add(
          ClickBatch(id: id, counts: [.init(linkID: link.id, clicks: .max - 1)])) == .max - 1)
    }
    #expect(try await fixture.store.link(code: "one").clicks == .max)
    try await fixture.create("two")
    #expect(try await fixture.store.counts().clicks == .max)
  }

  @Test(
    "ids advanced are above all before, also after the database was restored",
    arguments: TestedEngine.allCases)
  func advancedIDs(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let store = fixture.store
    let before = Int64(Date().timeIntervalSince1970)
    try await store.advanceIDs()
    let first = try await fixture.create("first")
    #expect(first.id >= LinkID.floor(atUnixSeconds: before))
    // Many nodes that start at once, while links are created.
    let ids = try await withThrowingTaskGroup(of: Int64?.self) { group in
      for index in 0..<40 {
        group.addTask {
          if index % 2 == 0 { return try await fixture.create("link-\(index)").id }
          try await store.advanceIDs()
          return nil
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }.compactMap(\.self)
    #expect(Set(ids).count == 20 && ids.allSatisfy { $0 > first.id })
    let last = try await fixture.create("last").id
    #expect(last > ids.reduce(0, max))
    #expect(last < LinkID.floor(atUnixSeconds: Int64(Date().timeIntervalSince1970) + 1))
  }

  @Test("counts add up", arguments: TestedEngine.allCases)
  func counts(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    #expect(
      try await fixture.store.counts() == LinkCounts(links: 0, activeLinks: 0, clicks: 0))
    var batch = ClickBatch(id: "all", counts: [])
    for index in 1...20 {
      let link = try await fixture.create("link-\(index)")
      batch.counts.append(.init(linkID: link.id, clicks: Int64(index)))
      if index % 4 == 0 { _ = try await fixture.store.setActive(code: link.code, false) }
    }
    _ = try await fixture.store.add(batch)
    #expect(
      try await fixture.store.counts() == LinkCounts(links: 20, activeLinks: 15, clicks: 210))
  }

  @Test("whoever asks first decides on a setting, for all", arguments: TestedEngine.allCases)
  func setting(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let answers = try await withThrowingTaskGroup(of: String.self) { group in
      for index in 0..<16 {
        group.addTask { try await fixture.store.setting("key", orSet: "value \(index) 🦊") }
      }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(answers.count == 1)
    #expect(try await fixture.store.setting("key", orSet: "another") == answers.first)
    let key = try await fixture.store.cursorKey()
    #expect(try await fixture.store.cursorKey().storageText == key.storageText)
  }
}
