import Foundation
import LinkAPI
import Links
import TestSupport
import Testing

@Suite("Who may see and change which link")
struct OwnershipTests {
  private enum Role: String, CaseIterable { case owner, other, admin, nobody }

  private enum Access { case read, write }

  /// What each role gets, worked out from the rule rather than from the routes: reading what is another's
  /// is as if it were not there, changing it is refused, and without a key there is nothing.
  private func expected(_ role: Role, _ access: Access) -> Int {
    switch (role, access) {
    case (.owner, _), (.admin, _): 200
    case (.other, .read): 404
    case (.other, .write): 403
    case (.nobody, _): 401
    }
  }

  @Test("every route asks for the owner", arguments: TestedEngine.allCases, ["anna", nil])
  func matrix(engine: TestedEngine, owner: String?) async throws {
    let api = try await APIFixture(engine, auth: .apiKey)
    let keys: [Role: String] = [
      .owner: try await api.makeKey(owner ?? "somebody"), .other: try await api.makeKey("otto"),
      .admin: try await api.makeKey("root", isAdmin: true),
    ]
    _ = try await api.store.create(
      NewLink(
        code: ShortCode(custom: "x"), destination: Destination("https://example.org/0"),
        createdBy: owner))
    let link = try await api.store.update(
      code: "x", destination: Destination("https://example.org/1"), by: owner)
    let entry = try #require(try await api.store.history(code: "x").first?.id)
    let routes: [(String, String, Access, Any?)] = [
      ("GET", "", .read, nil), ("HEAD", "", .read, nil), ("GET", "/history", .read, nil),
      ("PATCH", "", .write, ["url": "https://example.org/2"]),
      ("PUT", "/deactivate", .write, nil), ("PUT", "/reactivate", .write, nil),
      ("POST", "/history/\(entry)/restore", .write, nil),
    ]
    for role in Role.allCases {
      for (method, rest, access, json) in routes {
        let before = try await api.store.link(code: "x")
        let answer = try await api.ask(method, path("x", rest), key: keys[role], json: json)
        // Nobody owns what nobody made.
        let asRole = owner == nil && role == .owner ? .other : role
        #expect(
          answer.status == expected(asRole, access), "\(role) \(method) \(rest): \(answer.text)")
        if answer.status >= 400 {
          #expect(try await api.store.link(code: "x") == before, "\(role) \(method) \(rest)")
          #expect(!answer.text.contains("example.org"))
        }
      }
      let list = try await api.ask("GET", "/api/urls", key: keys[role])
      let search = try await api.ask("GET", "/api/urls/search?q=x", key: keys[role])
      let sees = role == .admin || role == .owner && owner != nil
      #expect(list.status == (role == .nobody ? 401 : 200))
      if role != .nobody {
        #expect((list.object["urls"] as? [Any])?.count == (sees ? 1 : 0), "\(role)")
        #expect((search.object["items"] as? [Any])?.count == (sees ? 1 : 0), "\(role)")
      }
    }
    #expect(try await api.store.link(code: "x").createdBy == link.createdBy)
    await api.stop()
  }

  @Test("a search for somebody else's links finds none, and its cursor is of no use")
  func search() async throws {
    let api = try await APIFixture(auth: .apiKey)
    let anna = try await api.makeKey("anna")
    let otto = try await api.makeKey("otto")
    for index in 0..<6 {
      let key = index % 2 == 0 ? anna : otto
      let made = try await api.ask(
        "POST", "/api/urls", key: key, json: ["url": "https://example.org/\(index)"])
      #expect(made.object["created_by"] as? String == (index % 2 == 0 ? "anna" : "otto"))
    }
    let others = try await api.ask("GET", "/api/urls/search?created_by=otto", key: anna)
    #expect((others.object["items"] as? [Any])?.isEmpty == true)
    let own = try await api.ask("GET", "/api/urls/search?created_by=anna", key: anna)
    #expect((own.object["items"] as? [Any])?.count == 3)
    let page = try await api.ask("GET", "/api/urls?limit=1", key: anna)
    let cursor = try #require(page.object["next_cursor"] as? String)
    #expect(try await api.ask("GET", "/api/urls?cursor=\(cursor)", key: anna).status == 200)
    #expect(try await api.ask("GET", "/api/urls?cursor=\(cursor)", key: otto).status == 400)
    await api.stop()
  }

  @Test("keys of one name are one user; a name that only looks alike is another")
  func names() async throws {
    let api = try await APIFixture(auth: .apiKey)
    let old = try await api.makeKey("caf\u{e9}")
    let new = try await api.makeKey("caf\u{e9}")
    let alike = try await api.makeKey("cafe\u{301}")
    let link: [String: Any] = ["url": "https://example.org/", "custom_code": "x"]
    #expect(try await api.ask("POST", "/api/urls", key: old, json: link).status == 201)
    #expect(try await api.ask("GET", path("x"), key: new).status == 200)
    #expect(try await api.ask("PUT", path("x", "/deactivate"), key: new).status == 200)
    #expect(try await api.ask("GET", path("x"), key: alike).status == 404)
    #expect(try await api.ask("PUT", path("x", "/reactivate"), key: alike).status == 403)
    let list = try await api.ask("GET", "/api/urls", key: alike)
    #expect((list.object["urls"] as? [Any])?.isEmpty == true)
    await api.stop()
  }

  @Test("without users, links of former users are everybody's")
  func open() async throws {
    let api = try await APIFixture()
    _ = try await api.store.create(
      NewLink(
        code: ShortCode(custom: "x"), destination: Destination("https://example.org/"),
        createdBy: "anna"))
    #expect(try await api.ask("GET", path("x")).status == 200)
    #expect(try await api.ask("PUT", path("x", "/deactivate")).status == 200)
    let found = try await api.ask("GET", "/api/urls/search?created_by=anna")
    #expect((found.object["items"] as? [Any])?.count == 1)
    await api.stop()
  }
}
