import Foundation
import LinkAPI
import Links
import TestSupport
import Testing

@Suite("Docs/openapi.json is true")
struct DocumentTests {
  @Test("it is what is served, and every route it names is there, with its methods and no others")
  func routes() async throws {
    let api = try await APIFixture(auth: .apiKey)
    let served = try await api.ask("GET", "/openapi.json")
    #expect(Data(served.body) == FileManager.default.contents(atPath: APIDocument.path))
    try #require(APIDocument.operations.count >= 18)
    var allowed: [String: Set<String>] = [:]
    for (method, path) in APIDocument.operations {
      allowed[path, default: ["OPTIONS"]].insert(method)
      if method == "GET" { allowed[path, default: []].insert("HEAD") }
    }
    for (path, methods) in allowed {
      let concrete = path.replacing("{code}", with: "x").replacing("{id}", with: "1")
      for method in [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "OPTIONS",
      ] {
        let answer = try await api.ask(method, concrete)
        if method == "OPTIONS" {
          #expect(answer.status == 204 && answer.body.isEmpty)
        } else if methods.contains(method) {
          #expect([200, 401].contains(answer.status), "\(method) \(path): \(answer.status)")
          continue
        } else {
          #expect(answer.status == 405, "\(method) \(path): \(answer.status)")
        }
        let allow = answer.field("allow")?.components(separatedBy: ", ") ?? []
        #expect(Set(allow) == methods, "\(path)")
      }
    }
    for path in [
      "/", "/api", "/api/urls/x/y", "/api/keys/1/2", "/openapi", "//", "/api/urls/x/y/z/a",
    ] {
      #expect(try await api.ask("GET", path).status == 404, "\(path)")
    }
    await api.stop()
  }

  @Test("a path is that path, and none with slashes added to it")
  func exactPaths() async throws {
    let api = try await APIFixture()
    _ = try await api.ask(
      "POST", "/api/urls", json: ["url": "https://example.org/", "custom_code": "x"])
    let paths = Set(APIDocument.operations.map(\.path)).map { path in
      path.replacing("{code}", with: "x").replacing("{id}", with: "1")
    }
    for path in paths {
      for added in [path + "/", path + "//", "/" + path, path.replacing("/", with: "//")] {
        for method in ["GET", "POST", "OPTIONS", "PUT"] {
          let answer = try await APIFixture.raw(api.port, method, added)
          #expect(answer.status == 404, "\(method) \(added): \(answer.status)")
          #expect(answer.error != nil)
        }
      }
    }
    #expect(try await api.ask("GET", "/api/urls?limit=1").status == 200)
    #expect(try await api.ask("GET", "/api/urls/x").status == 200)
    await api.stop()
  }

  @Test("what needs a key says so, and nothing else does")
  func security() async throws {
    let api = try await APIFixture(auth: .apiKey)
    for (method, path) in APIDocument.operations {
      let operation = APIDocument.paths[path]?[method.lowercased()] as? [String: Any]
      let security = try #require(operation?["security"] as? [[String: Any]])
      let concrete = path.replacing("{code}", with: "x").replacing("{id}", with: "1")
      let answer = try await api.ask(method, concrete)
      #expect((answer.status == 401) == !security.isEmpty, "\(method) \(path)")
      if answer.status == 401 {
        #expect(answer.field("www-authenticate")?.hasPrefix("Bearer") == true)
      }
    }
    await api.stop()
  }

  @Test("HEAD says what GET says, without the body")
  func head() async throws {
    let api = try await APIFixture()
    _ = try await api.ask(
      "POST", "/api/urls", json: ["url": "https://example.org/", "custom_code": "x"])
    for (method, path) in APIDocument.operations where method == "GET" && path != "/metrics" {
      let concrete = path.replacing("{code}", with: "x")
      let get = try await api.ask("GET", concrete)
      let head = try await api.ask("HEAD", concrete)
      #expect(head.status == get.status && head.body.isEmpty)
      for name in ["content-type", "content-length", "cache-control"] {
        #expect(head.field(name) == get.field(name), "\(path) \(name)")
      }
    }
    await api.stop()
  }

  @Test("the checker of these tests finds what is wrong")
  func checker() {
    let request = TestRequest(method: "GET", path: "/api/user/info")
    func faults(_ status: Int, _ body: String) -> Int {
      let fields = [
        ("content-type", "application/json"), ("date", "x"), ("x-request-id", "x"),
        ("www-authenticate", "Bearer"),
      ].map { (name: $0.0, value: $0.1) }
      return APIDocument.faults(
        of: Answer(status: status, fields: fields, body: Array(body.utf8)), to: request
      ).count
    }
    #expect(faults(200, #"{"user_id":null,"is_admin":false}"#) == 0)
    #expect(faults(200, #"{"user_id":"a","is_admin":true}"#) == 0)
    #expect(faults(200, #"{"user_id":1,"is_admin":true}"#) == 1)
    #expect(faults(200, #"{"user_id":"a","is_admin":1}"#) == 1)
    #expect(faults(200, #"{"user_id":"a"}"#) == 1)
    #expect(faults(200, #"{"user_id":"a","is_admin":true,"x":1}"#) == 1)
    #expect(faults(200, "[]") == 1 && faults(200, "") == 1)
    #expect(faults(404, #"{"error":"a"}"#) == 1, "not documented there")
    #expect(faults(401, #"{"error":"a"}"#) == 0 && faults(401, #"{"message":"a"}"#) > 0)
  }
}
