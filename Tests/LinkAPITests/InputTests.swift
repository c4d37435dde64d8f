import Foundation
import LinkAPI
import Links
import TestSupport
import Testing

@Suite("What comes in is checked")
struct InputTests {
  private func post(_ body: String, type: String? = "application/json") -> TestRequest {
    TestRequest(
      method: "POST", path: "/api/urls", fields: type.map { [("Content-Type", $0)] } ?? [],
      body: Array(body.utf8))
  }

  @Test("a body is JSON, says so, and has the fields that are known")
  func bodies() async throws {
    let api = try await APIFixture()
    let good = #"{"url":"https://example.org/"}"#
    for type in [
      "application/json", "Application/JSON", "application/json; charset=utf-8",
      "application/json;charset=\"UTF-8\"",
    ] {
      #expect(try await api.send(post(good, type: type)).status == 201, "\(type)")
    }
    for type in [
      nil, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp",
      "text/json", "application/json; charset=utf-16", "multipart/form-data; boundary=a",
    ] {
      #expect(try await api.send(post(good, type: type)).status == 415, "\(type ?? "none")")
    }
    for body in [
      "", " ", "{", "null", "[]", "1", "\"https://example.org/\"", "{}", #"{"url":null}"#,
      #"{"url":1}"#, #"{"url":["https://example.org/"]}"#, #"{"url":"https://example.org/""#,
      #"{"url":"https://example.org/","clicks":5}"#, #"{"URL":"https://example.org/"}"#,
      #"{"url":"https://example.org/","custom_code":5}"#, good + good,
      #"{"url":"https://example.org/","custom_code":{"a":"b"}}"#, "\u{0}\u{0}\u{0}{",
      #"{'url':'https://example.org/'}"#, String(repeating: "[", count: 60_000),
      #"{"url":"https://example.org/\ud800"}"#,
    ] {
      let answer = try await api.send(post(body))
      #expect(answer.status == 400, "\(body.prefix(60)): \(answer.text)")
    }
    var request = post("")
    request.body = Array(#"{"url":"https://example.org/"#.utf8) + [0xff] + Array(#""}"#.utf8)
    #expect(try await api.send(request).status == 400)
    #expect(try await api.store.counts().links == 4)
    await api.stop()
  }

  @Test("a field that comes twice is refused by its name, however it is written")
  func repeatedFields() async throws {
    let api = try await APIFixture()
    let url = "https://example.org/"
    for (body, name) in [
      (#"{"url":"\#(url)","url":"\#(url)b"}"#, "url"),
      (#"{"url":"\#(url)","\u0075rl":"\#(url)b"}"#, "url"),
      (#"{ "custom_code" : "a" , "url":"\#(url)", "custom_code":null}"#, "custom_code"),
      (#"{"url":"\#(url)","custom_code":"a\"","custom_code":"b"}"#, "custom_code"),
    ] {
      let answer = try await api.send(post(body))
      #expect(answer.status == 400, "\(body)")
      #expect(answer.error == "The field '\(name)' comes twice; send it once.", "\(body)")
    }
    // Names in values are none of these.
    for (number, code) in [#"url"#, #"\"url\":"#, #"{\"url\":1,\"url\":2}"#, #"\\"#].enumerated() {
      let body = #"{"url":"\#(url)?\#(number),\"url\"","custom_code":"\#(code)"}"#
      let answer = try await api.send(post(body))
      #expect(answer.error?.contains("twice") != true, "\(body): \(answer.text)")
    }
    #expect(try await api.send(post(#"{"url":"\#(url)","custom_code":"url"}"#)).status != 400)
    await api.stop()
  }

  @Test("a body as large as it may be is taken, one byte more is not")
  func size() async throws {
    let api = try await APIFixture(settings: { $0.limits.bodyBytes = 2_000 })
    func body(_ count: Int) -> String {
      let start = #"{"url":"https://example.org/"#
      return start + String(repeating: "a", count: count - start.utf8.count - 2) + "\"}"
    }
    #expect(try await api.send(post(body(2_000))).status == 201)
    #expect(try await api.send(post(body(2_001))).status == 413)
    #expect(try await api.send(post(String(repeating: " ", count: 1_000_000))).status == 413)
    #expect(try await api.store.counts().links == 1)
    await api.stop()
  }

  @Test("where no body is asked for, none is taken")
  func noBody() async throws {
    let api = try await APIFixture()
    _ = try await api.ask(
      "POST", "/api/urls", json: ["url": "https://example.org/", "custom_code": "x"])
    for (method, path) in [
      ("GET", "/api/urls"), ("GET", path("x")), ("PUT", path("x", "/deactivate")),
      ("GET", path("x", "/history")), ("GET", "/api/user/info"),
    ] {
      var request = TestRequest(method: method, path: path, body: [])
      #expect(try await api.send(request).status == 200)
      request.fields = [("Content-Type", "application/json")]
      for (body, status) in [("{}", 200), (#"{"a":1}"#, 400), ("x", 400)] {
        request.body = Array(body.utf8)
        #expect(try await api.send(request).status == status, "\(method) \(path) \(body)")
      }
      request.fields = []
      #expect(try await api.send(request).status == 415)
    }
    await api.stop()
  }

  @Test("a query is known, sent once and of its type; a limit is brought into its range")
  func queries() async throws {
    let api = try await APIFixture()
    for index in 0..<205 {
      _ = try await api.store.create(
        NewLink(
          code: ShortCode(custom: "x\(index)"), destination: Destination("https://example.org/"),
          createdBy: nil))
    }
    for (limit, count) in [
      ("1", 1), ("200", 200), ("201", 200), ("0", 1), ("-7", 1), ("999999999999999999999", 200),
      ("-999999999999999999999", 1), ("007", 7),
    ] {
      for (path, name) in [("/api/urls?", "urls"), ("/api/urls/search?q=x&", "items")] {
        let answer = try await api.ask("GET", path + "limit=" + limit)
        #expect((answer.object[name] as? [Any])?.count == count, "\(limit)")
        #expect(answer.object["has_more"] as? Bool == true)
      }
    }
    for query in [
      "limit=", "limit=x", "limit=1.5", "limit=+5", "limit=1&limit=1", "limit=%00", "limit=0x10",
      "cursor=", "cursor=x", "cursor=%ff", "page=2", "Limit=1", "%6cimit=1&limit=2", "=", "a",
      "limit=1%", "limit=1%2", "%", "limit=1&&&x=",
    ] {
      #expect(try await api.ask("GET", "/api/urls?\(query)").status == 400, "\(query)")
    }
    for query in ["", "&", "limit=5&", "%6cimit=5", "limit=%35"] {
      #expect(try await api.ask("GET", "/api/urls?\(query)").status == 200, "\(query)")
    }
    for query in [
      "is_active=1", "is_active=TRUE", "is_active=", "created_from=x", "created_to=1e3",
      "created_from=5&created_to=4", "q=%00", "created_by=%00",
      "q=" + String(repeating: "a", count: 1_025),
      "q=%c3", "urls=1",
    ] {
      #expect(try await api.ask("GET", "/api/urls/search?\(query)").status == 400, "\(query)")
    }
    await api.stop()
  }

  @Test("a search reads its text as forms and scripts write it")
  func searchText() async throws {
    let api = try await APIFixture()
    for code in ["a", "b"] {
      _ = try await api.store.create(
        NewLink(
          code: ShortCode(custom: code),
          destination: Destination("https://example.org/\(code)+é%20x"),
          createdBy: "two words"))
    }
    func found(_ query: String) async throws -> Int? {
      (try await api.ask("GET", "/api/urls/search?\(query)").object["items"] as? [Any])?.count
    }
    #expect(try await found("q=a%2B%C3%A9") == 1)
    #expect(try await found("q=a+%C3%A9") == 0)
    #expect(try await found("created_by=two+words") == 2)
    #expect(try await found("created_by=two%20words&q=%25") == 2)
    #expect(try await found("created_by=two%2Bwords") == 0)
    #expect(try await found("is_active=true&created_from=0&created_to=99999999999") == 2)
    #expect(try await found("is_active=false") == 0)
    #expect(try await found("") == 2)
    await api.stop()
  }

  @Test("a page of another site changes nothing, and may look")
  func foreignPages() async throws {
    let api = try await APIFixture()
    _ = try await api.ask(
      "POST", "/api/urls", json: ["url": "https://example.org/", "custom_code": "x"])
    for (site, status) in [("cross-site", 403), ("same-origin", 200), ("none", 200)] {
      var request = TestRequest(
        method: "PUT", path: path("x", "/deactivate"), fields: [("Sec-Fetch-Site", site)])
      #expect(try await api.send(request).status == status)
      request.method = "GET"
      request.path = path("x")
      #expect(try await api.send(request).object["is_active"] as? Bool == (status == 403))
    }
    await api.stop()
  }

  @Test("garbage on every route is answered as documented", arguments: TestedEngine.allCases)
  func garbage(engine: TestedEngine) async throws {
    let api = try await APIFixture(engine)
    var random = SeededGenerator.forTest()
    let link = try await api.store.create(
      NewLink(
        code: ShortCode(custom: "x"), destination: Destination("https://example.org/"),
        createdBy: nil))
    let operations = APIDocument.operations
    for _ in 0..<600 {
      let (method, template) = operations.randomElement(using: &random) ?? ("GET", "/")
      let code = Bool.random(using: &random) ? "x" : Garbage.pathPart(&random)
      var request = TestRequest(
        method: Int.random(in: 0..<12, using: &random) == 0 ? "HEAD" : method,
        path: template.replacing("{code}", with: code)
          .replacing("{id}", with: Garbage.pathPart(&random)))
      if Int.random(in: 0..<3, using: &random) == 0 { request.path += "?" + Garbage.query(&random) }
      if Bool.random(using: &random) { request.body = Garbage.body(&random) }
      request.fields = Garbage.fields(&random)
      let answer = try await api.send(request)
      #expect(answer.status < 500, "\(request): \(answer.text)")
      if answer.status >= 400, request.method != "HEAD" {
        let error = try #require(answer.error)
        #expect(error.hasSuffix(".") && !error.contains("\n"), "\(error)")
      }
    }
    #expect(try await api.store.link(code: "x").id == link.id)
    #expect(api.log.all.isEmpty, "\(api.log.all)")
    await api.stop()
  }
}

/// What no client should send.
private enum Garbage {
  static func pathPart(_ random: inout SeededGenerator) -> String {
    let pieces = [
      "a", "%2F", "%00", "%", "%zz", "%ff", "%C3%A9", ".", "..", "~", "1", "-1",
      "99999999999999999999",
      "search", "%20", "%0d%0a", "%22", "'", "\\", "%F0%9F%A6%8A", "{code}", ":id", "*", "**", ";",
    ]
    return (0..<Int.random(in: 1...4, using: &random)).map { _ in
      pieces.randomElement(using: &random) ?? "a"
    }.joined()
  }

  static func query(_ random: inout SeededGenerator) -> String {
    let names = ["limit", "cursor", "q", "is_active", "created_by", "created_from", "x", "", "%ff"]
    return (0..<Int.random(in: 0...3, using: &random)).map { _ in
      "\(names.randomElement(using: &random) ?? "")=\(pathPart(&random))"
    }.joined(separator: "&")
  }

  static func body(_ random: inout SeededGenerator) -> [UInt8] {
    let texts = [
      #"{"url":"https://example.org/y"}"#, #"{"url":"https://example.org/y","custom_code":"x"}"#,
      #"{"url":"#, "{}", "[]", "null", #"{"name":"a"}"#, #"{"url":"\u0000"}"#,
      #"{"url":{"url":{}}}"#,
      #"{"a":1e999}"#,
    ]
    var body = Array((texts.randomElement(using: &random) ?? "").utf8)
    for _ in 0..<Int.random(in: 0...2, using: &random) where !body.isEmpty {
      body[Int.random(in: body.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
    }
    return body
  }

  static func fields(_ random: inout SeededGenerator) -> [(String, String)] {
    let all = [
      ("Content-Type", "application/json"), ("Content-Type", "text/plain"), ("Accept", "text/html"),
      ("Authorization", "Bearer x"), ("X-API-Key", ""), ("Range", "bytes=0-1"),
      ("If-None-Match", "*"), ("Content-Encoding", "gzip"), ("X-HTTP-Method-Override", "DELETE"),
    ]
    return all.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
  }
}
