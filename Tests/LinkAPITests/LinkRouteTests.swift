import Foundation
import LinkAPI
import Links
import TestSupport
import Testing

@Suite("Links through the API")
struct LinkRouteTests {
  @Test(
    "a link is made, shown, changed, switched off and on, and restored",
    arguments: TestedEngine.allCases)
  func life(engine: TestedEngine) async throws {
    let api = try await APIFixture(engine)
    let made = try await api.ask(
      "POST", "/api/urls", json: ["url": "https://example.org/a", "custom_code": "docs/a"])
    #expect(made.status == 201)
    #expect(made.field("location") == "/api/urls/docs%2Fa")
    #expect(made.object["short_code"] as? String == "docs/a")
    #expect(made.object["original_url"] as? String == "https://example.org/a")
    #expect(made.object["created_by"] is NSNull)
    #expect(made.object["clicks"] as? Int == 0)
    #expect(made.object["redirect_base_url"] as? String == "https://s.example")

    let shown = try await api.ask("GET", "/api/urls/docs%2fa")
    #expect(shown.status == 200 && shown.object["id"] as? Int == made.object["id"] as? Int)

    let changed = try await api.ask(
      "PATCH", path("docs/a"), json: ["url": "https://example.org/b"])
    #expect(changed.status == 200)
    #expect(changed.object["original_url"] as? String == "https://example.org/b")
    let history = try await api.ask("GET", path("docs/a", "/history"))
    #expect(history.array.map { $0["historic_url"] as? String } == ["https://example.org/a"])
    let entry = try #require(history.array.first?["id"] as? Int)

    for (verb, isActive) in [("deactivate", false), ("reactivate", true)] {
      for _ in 1...2 {
        let answer = try await api.ask("PUT", path("docs/a", "/\(verb)"))
        #expect(answer.status == 200 && answer.object["message"] is String)
        let now = try await api.ask("GET", path("docs/a"))
        #expect(now.object["is_active"] as? Bool == isActive)
      }
    }
    let restored = try await api.ask("POST", path("docs/a", "/history/\(entry)/restore"))
    #expect(restored.status == 200)
    #expect(restored.object["original_url"] as? String == "https://example.org/a")
    #expect(try await api.ask("GET", path("docs/a", "/history")).array.count == 2)
    await api.stop()
  }

  @Test("without a code one is generated; a taken one is refused")
  func codes() async throws {
    let api = try await APIFixture(settings: { $0.shortCodeMaxLength = 10 })
    let generated = try await api.ask("POST", "/api/urls", json: ["url": "https://example.org/"])
    let code = try #require(generated.object["short_code"] as? String)
    #expect(code.utf8.count >= 3 && code.utf8.allSatisfy { $0 < 0x80 })
    let again: [String: Any] = ["url": "https://example.org/", "custom_code": code]
    #expect(try await api.ask("POST", "/api/urls", json: again).status == 409)
    let null: [String: Any] = ["url": "https://example.org/", "custom_code": NSNull()]
    #expect(try await api.ask("POST", "/api/urls", json: null).status == 201)
    for code in ["", "/a", "a/", "a//b", "..", "a b", "a\u{0}", "elevenbytes", "cafe\u{301}", "a?"]
    {
      let answer = try await api.ask(
        "POST", "/api/urls", json: ["url": "https://example.org/", "custom_code": code])
      #expect(answer.status == 400, "\(code)")
    }
    for code in ["search", "a.b", "é", "🦊", "x/y/z"] {
      let answer = try await api.ask(
        "POST", "/api/urls",
        json: ["url": "https://example.org/\(code.count)", "custom_code": code])
      #expect(answer.status == 201, "\(code)")
      let shown = try await api.ask("GET", path(code).replacing("/search", with: "/%73earch"))
      #expect(shown.object["short_code"] as? String == code)
    }
    await api.stop()
  }

  @Test("destinations that no redirect may have are refused, when made and when changed")
  func destinations() async throws {
    let api = try await APIFixture()
    _ = try await api.ask(
      "POST", "/api/urls", json: ["url": "https://example.org/", "custom_code": "a"])
    for url in [
      "", "example.org", "ftp://example.org/", "javascript:alert(1)", "https://", "http:///x",
      "https://u:p@example.org/", "https://example.org/\r\nSet-Cookie: a=b", "https://a b/",
      "https://example.org/" + String(repeating: "a", count: 8_192),
    ] {
      #expect(try await api.ask("POST", "/api/urls", json: ["url": url]).status == 400, "\(url)")
      #expect(try await api.ask("PATCH", path("a"), json: ["url": url]).status == 400, "\(url)")
    }
    let shown = try await api.ask("GET", path("a"))
    #expect(shown.object["original_url"] as? String == "https://example.org/")
    await api.stop()
  }

  @Test(
    "what does not exist is 404 on every route, whatever the code",
    arguments: ["none", "a/b", "é\u{0}", "é"])
  func missing(code: String) async throws {
    let api = try await APIFixture()
    let routes: [(String, String, Any?)] = [
      ("GET", "", nil), ("PATCH", "", ["url": "https://example.org/"]), ("PUT", "/deactivate", nil),
      ("PUT", "/reactivate", nil), ("GET", "/history", nil), ("POST", "/history/1/restore", nil),
      ("POST", "/history/x/restore", nil),
    ]
    for (method, rest, json) in routes {
      let answer = try await api.ask(method, path(code, rest), json: json)
      #expect(answer.status == 404, "\(method) \(rest)")
    }
    await api.stop()
  }

  @Test("an entry of another link's history is not restored")
  func foreignHistory() async throws {
    let api = try await APIFixture()
    for code in ["a", "b"] {
      _ = try await api.ask(
        "POST", "/api/urls", json: ["url": "https://example.org/\(code)", "custom_code": code])
    }
    _ = try await api.ask("PATCH", path("a"), json: ["url": "https://example.org/c"])
    let entry = try await api.ask("GET", path("a", "/history")).array.first?["id"] as? Int
    let id = try #require(entry)
    #expect(try await api.ask("POST", path("b", "/history/\(id)/restore")).status == 404)
    for id in ["\(id + 9)", "-1", "9223372036854775808", "1.0", "%20\(id)"] {
      #expect(try await api.ask("POST", path("a", "/history/\(id)/restore")).status == 404, "\(id)")
    }
    let b = try await api.ask("GET", path("b"))
    #expect(b.object["original_url"] as? String == "https://example.org/b")
    await api.stop()
  }

  @Test(
    "this node's redirects know of a change before it is answered", arguments: TestedEngine.allCases
  )
  func cache(engine: TestedEngine) async throws {
    let api = try await APIFixture(engine)
    func cached(_ code: String) async throws -> Target? {
      try await api.cache.resolve(code) { (_) async throws(LinkError) in
        throw .unavailable(reason: "asked for what should be known", retryAfter: nil)
      }
    }
    // Asked for before it was made: known to have no link.
    let absent = try await api.cache.resolve("a") { (_) async throws(LinkError) in nil }
    #expect(absent == nil)
    _ = try await api.ask(
      "POST", "/api/urls", json: ["url": "https://example.org/0", "custom_code": "a"])
    #expect(try await cached("a")?.destination == "https://example.org/0")
    for index in 1...20 {
      let url = "https://example.org/\(index)"
      _ = try await api.ask("PATCH", path("a"), json: ["url": url])
      #expect(try await cached("a")?.destination == url)
      _ = try await api.ask("PUT", path("a", "/deactivate"))
      #expect(try await cached("a")?.isActive == false)
      _ = try await api.ask("PUT", path("a", "/reactivate"))
      #expect(try await cached("a")?.isActive == true)
    }
    let entry = try await api.ask("GET", path("a", "/history")).array.last?["id"] as? Int
    _ = try await api.ask("POST", path("a", "/history/\(try #require(entry))/restore"))
    #expect(try await cached("a")?.destination == "https://example.org/0")
    await api.stop()
  }

  @Test("clicks are the database's and those it was not told of", arguments: TestedEngine.allCases)
  func clicks(engine: TestedEngine) async throws {
    let api = try await APIFixture(engine)
    let made = try await api.ask(
      "POST", "/api/urls", json: ["url": "https://example.org/", "custom_code": "a"])
    let id = Int64(try #require(made.object["id"] as? Int))
    let counter = api.journal.counter(forLoop: 0)
    func clicks() async throws -> [Int?] {
      let answers = [
        try await api.ask("GET", path("a")).object,
        (try await api.ask("GET", "/api/urls").object["urls"] as? [[String: Any]])?.first ?? [:],
        (try await api.ask("GET", "/api/urls/search?q=a").object["items"] as? [[String: Any]])?
          .first ?? [:],
        try await api.ask("PATCH", path("a"), json: ["url": "https://example.org/"]).object,
      ]
      return answers.map { $0["clicks"] as? Int }
    }
    for round in 1...3 {
      for _ in 1...7 { counter.count(id) }
      // At most 0.1 s old, they say; a loaded machine may take longer.
      for _ in 0..<500 where api.journal.pending(of: id) < 7 {
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(try await clicks() == Array(repeating: 7 * round, count: 4))
      try await api.journal.flush()
      #expect(try await clicks() == Array(repeating: 7 * round, count: 4))
    }
    #expect(try await api.store.link(code: "a").clicks == 21)
    await api.stop()
  }
}
