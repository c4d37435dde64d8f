import Foundation
import LinkAPI
import Links
import TestSupport
import Testing

@Suite("Pages")
struct PagingTests {
  @Test(
    "neither miss nor repeat a link while links are being made", arguments: TestedEngine.allCases)
  func complete(engine: TestedEngine) async throws {
    let api = try await APIFixture(engine)
    var random = SeededGenerator.forTest()
    var present = Set<String>()
    for index in 0..<150 {
      let link = try await api.store.create(
        NewLink(
          code: ShortCode(custom: "old-\(index)"), destination: Destination("https://example.org/"),
          createdBy: nil))
      present.insert(link.code)
    }
    let creating = Task {
      var index = 0
      while !Task.isCancelled {
        let json = ["url": "https://example.org/", "custom_code": "new-\(index)"]
        let made = try await api.ask("POST", "/api/urls", json: json)
        #expect(made.status == 201)
        index += 1
      }
      return index
    }
    for (path, name) in [("/api/urls?", "urls"), ("/api/urls/search?q=old&", "items")] {
      for _ in 0..<2 {
        var codes: [String] = []
        var next = ""
        while true {
          let limit = Int.random(in: 1...40, using: &random)
          let page = try await api.ask("GET", "\(path)limit=\(limit)\(next)").object
          let links = try #require(page[name] as? [[String: Any]])
          codes += links.compactMap { $0["short_code"] as? String }
          let cursor = page["next_cursor"] as? String
          #expect((cursor != nil) == (page["has_more"] as? Bool))
          guard let cursor else { break }
          #expect(links.count == limit)
          next = "&cursor=\(cursor)"
        }
        #expect(Set(codes).count == codes.count, "none twice")
        #expect(present.isSubset(of: Set(codes)), "none missing")
      }
    }
    creating.cancel()
    #expect(try await creating.value > 0)
    await api.stop()
  }

  @Test("a cursor holds on another node and after a restart, for its query, unchanged")
  func cursors() async throws {
    let one = try await APIFixture(.postgres)
    for index in 0..<9 {
      _ = try await one.store.create(
        NewLink(
          code: ShortCode(custom: "x\(index)"), destination: Destination("https://example.org/"),
          createdBy: nil))
    }
    let first = try await one.ask("GET", "/api/urls/search?q=x&limit=3").object
    let cursor = try #require(first["next_cursor"] as? String)
    let two = try await APIFixture(.postgres, sharing: one)
    let second = try await two.ask("GET", "/api/urls/search?q=x&limit=3&cursor=\(cursor)").object
    #expect((second["items"] as? [Any])?.count == 3)
    for other in ["/api/urls?", "/api/urls/search?q=y&", "/api/urls/search?q=x&is_active=true&"] {
      #expect(try await two.ask("GET", "\(other)cursor=\(cursor)").status == 400, "\(other)")
    }
    var random = SeededGenerator.forTest()
    for _ in 0..<40 {
      var bytes = Array(cursor.utf8)
      let place = Int.random(in: bytes.indices, using: &random)
      bytes[place] = bytes[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      let changed = String(decoding: bytes, as: UTF8.self)
      let answer = try await one.ask("GET", "/api/urls/search?q=x&cursor=\(changed)")
      #expect(answer.status == 400)
    }
    await two.stop()
    await one.stop()
  }
}
