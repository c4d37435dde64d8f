import LinkStores
import Links
import TestSupport
import Testing

@Suite("Listing and searching, on every engine")
struct ListingTests {
  @Test(
    "pages neither miss nor repeat a link while links are being created",
    arguments: TestedEngine.allCases)
  func pages(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    var generator = SeededGenerator.forTest()
    var present = Set<Int64>()
    for index in 0..<300 {
      present.insert(try await fixture.create("old-\(index)").id)
    }
    let creating = Task {
      var index = 0
      while !Task.isCancelled {
        try await fixture.create("new-\(index)")
        index += 1
      }
      return index
    }
    for _ in 0..<5 {
      let links = try await fixture.pages(LinkQuery()) { Int.random(in: 1...60, using: &generator) }
      #expect(Set(links.map(\.id)).count == links.count, "none twice")
      #expect(present.isSubset(of: Set(links.map(\.id))), "none missing")
      for (newer, older) in zip(links, links.dropFirst()) {
        #expect((newer.createdAt, newer.id) > (older.createdAt, older.id))
      }
    }
    creating.cancel()
    #expect(try await creating.value > 0)
  }

  @Test("a search finds what contains the text, and nothing else", arguments: TestedEngine.allCases)
  func search(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    var generator = SeededGenerator.forTest()
    let letters = Array("abAB%_'🦊éÉ-.~")
    func word(_ length: ClosedRange<Int>) -> String {
      String(
        (0..<Int.random(in: length, using: &generator)).map { _ in
          letters.randomElement(using: &generator) ?? "a"
        })
    }
    var links: [Link] = []
    for _ in 0..<400 {
      let code = word(1...8)
      guard let short = try? ShortCode(custom: code),
        let destination = try? Destination("https://example.org/\(word(0...12))")
      else { continue }
      if links.contains(where: { $0.code == short.text }) { continue }
      links.append(
        try await fixture.store.create(
          NewLink(
            code: short, destination: destination,
            createdBy: ["anna", "otto", nil].randomElement(using: &generator) ?? nil)))
    }
    try #require(links.count > 100)
    for index in links.indices where index % 7 == 0 {
      links[index] = try await fixture.store.setActive(code: links[index].code, false)
    }
    var found = 0
    for _ in 0..<300 {
      let text = Bool.random(using: &generator) ? word(1...2) : word(3...5)
      let user = [nil, nil, "anna"].randomElement(using: &generator) ?? nil
      let isActive = [nil, nil, true, false].randomElement(using: &generator) ?? nil
      let query = try LinkQuery(text: text, createdBy: user, isActive: isActive)
      let expected = links.filter { link in
        (Self.contains(link.code, text, ignoresCase: false)
          || Self.contains(link.destination, text, ignoresCase: true))
          && (user == nil || link.createdBy == user)
          && (isActive == nil || link.isActive == isActive)
      }
      let answer = try await fixture.pages(query) { 17 }
      #expect(Set(answer.map(\.id)) == Set(expected.map(\.id)), "\(text)")
      #expect(answer.count == expected.count, "\(text)")
      found += expected.count
    }
    #expect(found > 300)
  }

  /// Whether bytes contain bytes; ASCII letters of either case are the same if it is ignored.
  private static func contains(_ whole: String, _ part: String, ignoresCase: Bool) -> Bool {
    func bytes(_ text: String) -> [UInt8] {
      text.utf8.map { ignoresCase && (0x41...0x5a).contains($0) ? $0 + 32 : $0 }
    }
    let whole = bytes(whole)
    let part = bytes(part)
    guard part.count <= whole.count else { return false }
    return (0...(whole.count - part.count)).contains { whole[$0...].starts(with: part) }
  }

  @Test("quotes, operators and wildcards are letters like others", arguments: TestedEngine.allCases)
  func hostileText(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    try await fixture.create("abc", "https://example.org/100%25_'OR'1")
    for text in [
      "\"", "\"\"\"", "'", "';--", "%", "_", "a*", "NEAR(a b)", "a AND b", "{x}:y", "^abc", "\\",
      "(", "-abc", "a\u{FFFD}b", "abc\"\u{301}d", "%\u{301}ab", "𝒳𝒴𝒵",
    ] {
      let expected = ["%", "_", "'"].contains(text) ? 1 : 0
      #expect(try await fixture.pages(LinkQuery(text: text)).count == expected, "\(text)")
    }
    #expect(try await fixture.pages(LinkQuery(text: "100%25_'or'")).count == 1)
  }

  @Test("a changed destination is found by its new text only", arguments: TestedEngine.allCases)
  func changed(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    try await fixture.create("abc", "https://example.org/former")
    _ = try await fixture.store.update(
      code: "abc", destination: Destination("https://example.org/latter"), by: nil)
    #expect(try await fixture.pages(LinkQuery(text: "former")).isEmpty)
    #expect(try await fixture.pages(LinkQuery(text: "LATTER")).map(\.code) == ["abc"])
  }

  @Test("times of creation bound a search, both included", arguments: TestedEngine.allCases)
  func times(engine: TestedEngine) async throws {
    let fixture = try StoreFixture(engine)
    let link = try await fixture.create("abc")
    let second = link.createdAt
    #expect(
      try await fixture.pages(LinkQuery(createdFrom: second, createdTo: second)).map(\.id)
        == [link.id])
    #expect(try await fixture.pages(LinkQuery(createdFrom: second + 1)).isEmpty)
    #expect(try await fixture.pages(LinkQuery(createdTo: second - 1)).isEmpty)
  }
}
