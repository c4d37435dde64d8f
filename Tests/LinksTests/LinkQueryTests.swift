import Links
import Testing

@Suite("Queries and the help around a store")
struct LinkQueryTests {
  @Test func limitsAreClamped() throws {
    for (given, meant) in [(0, 1), (-5, 1), (1, 1), (50, 50), (200, 200), (201, 200), (.max, 200)] {
      #expect(try LinkQuery(limit: given).limit == meant)
    }
    #expect(try LinkQuery(text: "") == LinkQuery())
  }

  @Test func whatCannotBeMeantIsRefused() {
    #expect(throws: LinkError.self) { try LinkQuery(createdFrom: 2, createdTo: 1) }
    #expect(throws: Never.self) { try LinkQuery(createdFrom: 2, createdTo: 2) }
    #expect(throws: LinkError.self) { try LinkQuery(text: "a\u{0}") }
    #expect(throws: LinkError.self) { try LinkQuery(createdBy: "\u{0}") }
    #expect(throws: LinkError.self) { try LinkQuery(text: String(repeating: "é", count: 513)) }
  }

  @Test func errorsAreOneSentenceWithoutAFullStop() {
    let errors: [LinkError] = [
      .invalidDestination("is empty"), .invalidCode("is empty"), .codeTaken("a"), .notFound("a"),
      .forbidden("a"), .badCursor, .invalidQuery("is odd"),
      .unavailable(reason: "no connection", retryAfter: 1), .full(reason: "the disk is full"),
    ]
    for error in errors {
      #expect(!"\(error)".hasSuffix(".") && !"\(error)".contains("\n") && "\(error)".count > 10)
    }
  }

  @Test func pagesSayWhereTheyEnd() {
    let link = Link(
      id: 7, code: "a", destination: "http://a", createdAt: 5, createdBy: nil, clicks: 0,
      isActive: true, updatedAt: 5, version: 1)
    #expect(LinkPage(links: [link], hasMore: true).end == LinkPosition(createdAt: 5, id: 7))
    #expect(LinkPage(links: [link], hasMore: false).end == nil)
  }
}
