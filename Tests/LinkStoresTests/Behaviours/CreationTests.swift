import Foundation
import LinkStores
import Links
import Testing

@Suite("Creating and finding links, on every engine")
struct CreationTests {
  @Test("what was created is found as it was answered", arguments: TestedEngine.allCases)
  func create(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let before = Int64(Date().timeIntervalSince1970)
    let link = try await fixture.create("docs/🦊-ü", "https://example.org/a?b=%20#c", by: "anna")
    #expect(link.code == "docs/🦊-ü" && link.destination == "https://example.org/a?b=%20#c")
    #expect(link.createdBy == "anna" && link.clicks == 0 && link.isActive && link.version == 1)
    #expect(link.createdAt >= before && link.createdAt <= Int64(Date().timeIntervalSince1970))
    #expect(link.updatedAt == link.createdAt)
    #expect(try await fixture.store.link(code: link.code) == link)
    let targets = try await fixture.store.targets(of: [link.code, "none", link.code])
    let target = Target(id: link.id, destination: link.destination, isActive: true, version: 1)
    #expect(targets == [target, nil, target])
    await #expect(throws: LinkError.self) { try await fixture.store.link(code: "docs") }
  }

  @Test("codes differ by case and by form of letters", arguments: TestedEngine.allCases)
  func distinct(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    for code in ["abc", "aBc", "ABC", "abc/d", "abc.d", "a_c", "a-c", "a~c"] {
      try await fixture.create(code, "https://example.org/\(code.utf8.count)/\(code)")
    }
    for code in ["abc", "aBc", "ABC", "a_c"] {
      let link = try await fixture.store.link(code: code)
      #expect(link.destination.hasSuffix("/\(code)"))
    }
    // Equal to Swift, not to a browser.
    let link = try await fixture.create("caf\u{e9}")
    let targets = try await fixture.store.targets(of: ["cafe\u{301}", "caf\u{e9}"])
    #expect(targets.map { $0?.id } == [nil, link.id])
    await #expect(throws: LinkError.self) {
      try await fixture.store.link(code: "cafe\u{301}")
    }
  }

  @Test("of many that want one code one gets it", arguments: TestedEngine.allCases)
  func race(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let outcomes = await withTaskGroup(of: Result<Link, any Error>.self) { group in
      for index in 0..<64 {
        group.addTask {
          do {
            return .success(
              try await fixture.create("wanted", "https://example.org/\(index)"))
          } catch {
            return .failure(error)
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let winners = outcomes.compactMap { try? $0.get() }
    try #require(winners.count == 1)
    #expect(try await fixture.store.link(code: "wanted") == winners[0])
    for case .failure(let error) in outcomes {
      #expect(error as? LinkError == .codeTaken("wanted"))
    }
    #expect(try await fixture.store.counts().links == 1)
  }

  @Test("many at once are all there, each with its own id", arguments: TestedEngine.allCases)
  func many(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let links = try await withThrowingTaskGroup(of: Link.self) { group in
      for index in 0..<500 {
        group.addTask {
          try await fixture.create("many-\(index)", "https://example.org/\(index)")
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(links.map(\.id)).count == 500)
    let targets = try await fixture.store.targets(of: links.map(\.code) + ["missing"])
    #expect(targets.count == 501 && targets.last == .some(nil))
    for (link, target) in zip(links, targets) {
      #expect(target?.destination == link.destination)
      #expect(target?.id == link.id)
    }
  }

  @Test("generated codes are free ones", arguments: TestedEngine.allCases)
  func generated(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let source = CodeSource()
    let destination = try Destination("https://example.org/")
    let links = try await withThrowingTaskGroup(of: Link.self) { group in
      for _ in 0..<200 {
        group.addTask { try await source.create(destination, by: nil, in: fixture.store) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(links.map(\.code)).count == 200)
  }

  @Test("a closed store says so, and closes again without harm", arguments: TestedEngine.allCases)
  func close(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    try await fixture.store.ping()
    let link = try await fixture.create("abc")
    await fixture.store.close()
    await fixture.store.close()
    await #expect {
      _ = try await fixture.store.link(code: link.code)
    } throws: { error in
      if case .unavailable? = error as? LinkError { true } else { false }
    }
    await #expect {
      try await fixture.create("abd")
    } throws: { error in
      if case .unavailable? = error as? LinkError { true } else { false }
    }
  }
}
