import Foundation
import LinkAPI
import Links
import TestSupport
import Testing

@Suite("Keys through the API")
struct KeyRouteTests {
  @Test("an admin makes a key, shown once, and revokes it", arguments: TestedEngine.allCases)
  func life(engine: TestedEngine) async throws {
    let api = try await APIFixture(engine, auth: .apiKey)
    let admin = try #require(try await api.store.ensureFirstKey()).secret.text
    let made = try await api.ask("POST", "/api/keys", key: admin, json: ["name": "anna"])
    #expect(made.status == 201 && made.object["is_admin"] as? Bool == false)
    #expect(made.object["created_by"] as? String == "admin")
    let key = try #require(made.object["key"] as? String)
    let id = try #require(made.object["id"] as? Int)
    let user = try await api.ask("GET", "/api/user/info", key: key)
    #expect(user.object["user_id"] as? String == "anna")
    #expect(user.object["is_admin"] as? Bool == false)

    let list = try await api.ask("GET", "/api/keys", key: admin)
    #expect(list.array.map { $0["name"] as? String } == ["anna", "admin"])
    #expect(!list.text.contains(key.dropFirst(5)) && !list.text.contains("key_hash"))

    #expect(try await api.ask("DELETE", "/api/keys/\(id)", key: admin).status == 200)
    #expect(try await api.ask("GET", "/api/user/info", key: key).status == 401, "at once")
    #expect(try await api.ask("DELETE", "/api/keys/\(id)", key: admin).status == 200, "idempotent")
    for id in ["\(id + 9)", "x", "0", "99999999999999999999"] {
      #expect(try await api.ask("DELETE", "/api/keys/\(id)", key: admin).status == 404)
    }
    // Another admin, who locks out the first.
    let other: [String: Any] = ["name": "eve", "is_admin": true]
    let eve =
      try await api.ask("POST", "/api/keys", key: admin, json: other).object["key"] as? String
    let first = try #require(list.array.last?["id"] as? Int)
    #expect(try await api.ask("DELETE", "/api/keys/\(first)", key: eve).status == 200)
    #expect(try await api.ask("GET", "/api/keys", key: admin).status == 401)
    #expect(try await api.ask("GET", "/api/keys", key: eve).status == 200)
    await api.stop()
  }

  @Test("names are checked, and only an admin gets that far")
  func names() async throws {
    let api = try await APIFixture(auth: .apiKey)
    let admin = try await api.makeKey("root", isAdmin: true)
    let anna = try await api.makeKey("anna")
    for name in ["", " a", "a\u{0}", String(repeating: "x", count: 101)] {
      #expect(
        try await api.ask("POST", "/api/keys", key: admin, json: ["name": name]).status == 400)
    }
    for (method, path) in [("POST", "/api/keys"), ("GET", "/api/keys"), ("DELETE", "/api/keys/1")] {
      let json = method == "POST" ? ["name": "eve"] : nil
      #expect(try await api.ask(method, path, key: anna, json: json).status == 403)
      #expect(try await api.ask(method, path, json: json).status == 401)
    }
    #expect(try await api.store.keys().count == 2)
    await api.stop()
  }

  @Test("a key is taken from either field, and nothing else is one")
  func fields() async throws {
    let api = try await APIFixture(auth: .apiKey)
    let key = try await api.makeKey("anna")
    func status(_ fields: [(String, String)]) async throws -> Int {
      try await api.send(
        TestRequest(method: "GET", path: "/api/user/info", fields: fields)
      ).status
    }
    for fields in [
      [("Authorization", "Bearer \(key)")], [("authorization", "bearer  \(key)")],
      [("X-API-Key", key)], [("x-api-key", key)],
    ] {
      #expect(try await status(fields) == 200, "\(fields)")
    }
    let other = try await api.makeKey("otto")
    for fields in [
      [], [("Authorization", "Basic \(key)")], [("Authorization", key)], [("Authorization", "")],
      [("Authorization", "Bearer")], [("X-API-Key", "")], [("X-API-Key", "Bearer \(key)")],
      [("X-API-Key", key.uppercased())], [("X-API-Key", String(key.dropLast()))],
      [("X-API-Key", key), ("X-API-Key", other)],
      [("X-API-Key", key), ("Authorization", "Bearer \(other)")],
      [("Authorization", "Bearer \(key) \(key)")], [("Cookie", "key=\(key)")],
    ] {
      #expect(try await status(fields) == 401, "\(fields)")
    }
    #expect(try await api.ask("GET", "/api/user/info?key=\(key)").status == 401)
    await api.stop()
  }

  @Test(
    "a key revoked on one node lets nobody in on another soon", arguments: TestedEngine.allCases)
  func nodes(engine: TestedEngine) async throws {
    let one = try await APIFixture(engine, auth: .apiKey)
    let two = try await APIFixture(engine, auth: .apiKey, sharing: one)
    let admin = try await one.makeKey("root", isAdmin: true)
    let made = try await one.ask("POST", "/api/keys", key: admin, json: ["name": "anna"]).object
    let key = try #require(made["key"] as? String)
    #expect(try await two.ask("GET", "/api/user/info", key: key).status == 200, "at once")
    _ = try await one.ask("DELETE", "/api/keys/\(made["id"] ?? 0)", key: admin)
    let revoked = ContinuousClock.now
    // It may be let in for as long as it is remembered; after that it may not.
    while ContinuousClock.now < revoked + .milliseconds(900) {
      _ = try await two.ask("GET", "/api/user/info", key: key)
    }
    #expect(try await two.ask("GET", "/api/user/info", key: key).status == 401)
    await two.stop()
    await one.stop()
  }

  @Test("where there are no users, everybody is nobody and there are no keys")
  func none() async throws {
    let api = try await APIFixture()
    _ = try await api.makeKey("root", isAdmin: true)
    let user = try await api.ask("GET", "/api/user/info")
    #expect(user.object["user_id"] is NSNull && user.object["is_admin"] as? Bool == false)
    for (method, path) in [("POST", "/api/keys"), ("GET", "/api/keys"), ("DELETE", "/api/keys/1")] {
      let json = method == "POST" ? ["name": "eve"] : nil
      #expect(try await api.ask(method, path, json: json).status == 403)
    }
    let mode = try await api.ask("GET", "/api/auth/mode")
    #expect(mode.object["mode"] as? String == "none")
    #expect(mode.object["short_code_max_length"] as? Int == 50)
    await api.stop()
  }
}
