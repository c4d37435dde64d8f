import LinuxSystem
import Synchronization
import TestSupport
import Testing

@testable import LoadTesting

@Suite("Requests are made of templates, placeholders filled in")
struct TemplateTests {
  static let target: LoadTarget = {
    do { return try LoadTarget("http://host.example:8080/") } catch { preconditionFailure() }
  }()

  /// The plan of one description.
  static func plan(
    _ change: (inout RequestDescription) -> Void, files: [String: [String]] = [:],
    keepsAlive: Bool = true
  ) throws -> RequestPlan {
    var composer = RequestComposer(target: target, keepsAlive: keepsAlive) {
      path throws(RequestDescription.Failure) in
      guard let lines = files[path] else {
        throw RequestDescription.Failure(message: "there is no \(path)")
      }
      return lines
    }
    var description = RequestDescription()
    change(&description)
    let template = try composer.template(of: description)
    return RequestPlan([.init(template)], lists: composer.lists)
  }

  static func make(_ plan: RequestPlan, _ count: Int, seed: UInt64 = 1) -> [String] {
    var maker = RequestMaker(PreparedPlan(plan), seed: seed)
    return (0..<count).map { _ in
      var bytes: [UInt8] = []
      _ = maker.make(into: &bytes)
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  static func failure(_ change: (inout RequestDescription) -> Void) -> String? {
    do {
      _ = try plan(change)
      return nil
    } catch {
      return (error as? RequestDescription.Failure)?.message
    }
  }

  @Test("A plain request, byte for byte, which never varies")
  func plain() throws {
    let plan = try Self.plan { $0.path = "/a?b=c" }
    let expected = "GET /a?b=c HTTP/1.1\r\nHost: host.example:8080\r\n\r\n"
    #expect(PreparedPlan(plan).fixed == Array(expected.utf8))
    #expect(Self.make(plan, 2) == [expected, expected])
  }

  @Test("Host, Connection and Content-Length are added where they are missing, and only there")
  func fields() throws {
    let plan = try Self.plan(
      {
        $0.method = "POST"
        $0.headers = [.init("hOST", "other"), .init("X", "1")]
      }, keepsAlive: false)
    #expect(
      Self.make(plan, 1) == [
        "POST / HTTP/1.1\r\nConnection: close\r\nhOST: other\r\nX: 1\r\nContent-Length: 0\r\n\r\n"
      ])
    let body = try Self.plan { $0.body = "gr\u{fc}n" }
    #expect(Self.make(body, 1)[0].hasSuffix("\r\nContent-Length: 5\r\n\r\ngr\u{fc}n"))
    #expect(PreparedPlan(body).fixed != nil)
  }

  @Test("Each number of the counter goes to one request, over all threads")
  func counter() throws {
    let plan = try Self.plan { $0.path = "/{{counter}}/{{counter}}" }
    let prepared = PreparedPlan(plan)
    let seen = Mutex<[String]>([])
    let running = Atomic(4)
    for thread in 0..<4 {
      try SystemThread.start(named: "maker") {
        var maker = RequestMaker(prepared, seed: UInt64(thread))
        var made: [String] = []
        for _ in 0..<2_000 {
          var bytes: [UInt8] = []
          _ = maker.make(into: &bytes)
          made.append(String(decoding: bytes, as: UTF8.self))
        }
        seen.withLock { $0 += made }
        running.subtract(1, ordering: .releasing)
      }
    }
    while running.load(ordering: .acquiring) > 0 { _ = waitForReadable([], timeoutMilliseconds: 1) }
    let numbers = seen.withLock { $0 }.map { request -> Int in
      let parts = request.dropFirst(5).prefix { $0 != " " }.split(separator: "/")
      return parts.count == 2 && parts[0] == parts[1] ? Int(parts[0]) ?? 0 : 0
    }
    #expect(numbers.sorted() == Array(1...8_000))
  }

  @Test("UUIDs are version 4 and differ; two in a request differ as well")
  func uuid() throws {
    let plan = try Self.plan { $0.path = "/{{uuid}}/{{uuid}}" }
    var seen: Set<Substring> = []
    let hex = Set("0123456789abcdef")
    for request in Self.make(plan, 2_000) {
      for uuid in request.dropFirst(5).prefix(while: { $0 != " " }).split(separator: "/") {
        seen.insert(uuid)
        let groups = uuid.split(separator: "-")
        #expect(
          groups.map(\.count) == [8, 4, 4, 4, 12] && groups.joined().allSatisfy(hex.contains))
        #expect(groups[2].first == "4")
        #expect("89ab".contains(groups[3].first ?? " "))
      }
    }
    #expect(seen.count == 4_000)
  }

  @Test(
    "Random numbers lie in their range and reach its ends",
    arguments: [
      (0, 3), (7, 7), (UInt64.max - 1, UInt64.max), (UInt64(UInt32.max), UInt64(UInt32.max) + 2),
    ] as [(UInt64, UInt64)])
  func random(low: UInt64, high: UInt64) throws {
    let plan = try Self.plan { $0.path = "/{{random \(low) \(high)}}" }
    let numbers = Self.make(plan, 300).map { UInt64($0.dropFirst(5).prefix { $0 != " " }) }
    #expect(numbers.allSatisfy { $0.map { (low...high).contains($0) } ?? false })
    #expect(numbers.contains(low) && numbers.contains(high))
  }

  @Test("All 64-bit numbers are a range as well; without one they have 32 bits")
  func wholeRange() throws {
    let wide = try Self.plan { $0.path = "/{{random 0 \(UInt64.max)}}" }
    let numbers = Self.make(wide, 200).compactMap { UInt64($0.dropFirst(5).prefix { $0 != " " }) }
    #expect(Set(numbers).count == 200)
    #expect(numbers.contains { $0 > UInt64.max / 2 } && numbers.contains { $0 < UInt64.max / 2 })
    let narrow = try Self.plan { $0.path = "/{{random}}" }
    #expect(
      Self.make(narrow, 200).allSatisfy {
        UInt32($0.dropFirst(5).prefix { $0 != " " }) != nil
      })
  }

  @Test("Lines are taken in turn, over all makers; a file named twice in a request gives one line")
  func lines() throws {
    let files = ["a b.txt": ["one", "two", ""], "other": ["x", "y"]]
    let plan = try Self.plan(
      {
        $0.headers = [.init("A", "{{line:a b.txt}}-{{line:a b.txt}}-{{line:other}}")]
      }, files: files)
    #expect(plan.lists.map(\.texts) == [["one", "two", ""], ["x", "y"]])
    let prepared = PreparedPlan(plan)
    var makers = [RequestMaker(prepared, seed: 1), RequestMaker(prepared, seed: 2)]
    var values: [String] = []
    for turn in 0..<7 {
      var bytes: [UInt8] = []
      _ = makers[turn % 2].make(into: &bytes)
      let text = String(decoding: bytes, as: UTF8.self)
      values.append(String(text.components(after: "\r\nA: ")))
    }
    #expect(
      values == ["one-one-x", "two-two-y", "--x", "one-one-y", "two-two-x", "--y", "one-one-x"])
  }

  @Test("Content-Length is that of each body, whatever is filled in")
  func contentLength() throws {
    let plan = try Self.plan(
      {
        $0.body = "{{counter}} {{random 0 99999999}} {{line:x}} \u{1f98a} {{uuid}}"
      }, files: ["x": ["", "gr\u{fc}n", String(repeating: "z", count: 1_000)]])
    #expect(PreparedPlan(plan).fixed == nil)
    var lengths: Set<Int> = []
    for request in Self.make(plan, 300) {
      let parts = request.components(splitBy: "\r\n\r\n")
      let length = Int(String(parts.head.components(after: "Content-Length: ")))
      #expect(length == parts.rest.utf8.count)
      lengths.insert(length ?? 0)
    }
    #expect(lengths.count > 5)
  }

  @Test("Braces themselves are written twice")
  func braces() throws {
    let plan = try Self.plan { $0.body = "{{{{counter}} } {" }
    #expect(Self.make(plan, 1)[0].hasSuffix("\r\n\r\n{{counter}} } {"))
  }

  @Test(
    "What cannot be read or sent is refused, and named",
    arguments: [
      ("/{{nothing}}", "{{nothing}} is no placeholder"), ("/{{}}", "is no placeholder"),
      ("/{{counter", "never closed"), ("/{{random 5 1}}", "the smaller one first"),
      ("/{{random 1}}", "is no placeholder"), ("/{{random a b}}", "two whole numbers"),
      ("/{{counter 1}}", "is no placeholder"), ("/{{line:missing}}", "there is no missing"),
      ("/{{random 0 99999999999999999999}}", "two whole numbers"), ("a", "begin with a slash"),
      ("", "begin with a slash"), ("/a b", "percent-encode"), ("/\u{fc}", "percent-encode"),
      ("/a\r\nX: y", "percent-encode"), ("*", "begin with a slash"),
    ])
  func pathErrors(path: String, says: String) {
    #expect(Self.failure { $0.path = path }?.contains(says) == true)
  }

  @Test("Methods and header fields that are none are refused")
  func headerErrors() {
    #expect(Self.failure { $0.method = "G ET" }?.contains("no method") == true)
    #expect(Self.failure { $0.method = "" }?.contains("no method") == true)
    #expect(Self.failure { $0.headers = [.init("A B", "")] }?.contains("A B") == true)
    #expect(Self.failure { $0.headers = [.init("A", "x\r\nB: y")] }?.contains("control") == true)
    for name in ["Content-Length", "transfer-encoding"] {
      #expect(Self.failure { $0.headers = [.init(name, "5")] }?.contains("leave it out") == true)
    }
    #expect(RequestDescription.Header("no colon") == nil)
    #expect(RequestDescription.Header("A: \t b c ") == .init("A", "b c"))
  }

  @Test("A line that would break the request line or a field is refused")
  func brokenLines() {
    for (lines, isPath) in [(["a", "b c"], true), (["a\u{fc}"], true), (["a\rb"], false)] {
      #expect(throws: RequestDescription.Failure.self) {
        _ = try Self.plan(
          {
            if isPath { $0.path = "/{{line:x}}" } else { $0.headers = [.init("A", "{{line:x}}")] }
          }, files: ["x": lines])
      }
    }
  }

  @Test("Kinds are sent as often as their weights say, in turn or drawn")
  func weights() throws {
    var composer = RequestComposer(target: Self.target, keepsAlive: true) { _ in [] }
    var kinds: [RequestPlan.Kind] = []
    for (name, weight) in [("a", 1), ("b", 3), ("c", 6)] {
      var description = RequestDescription()
      description.path = "/" + name
      kinds.append(.init(try composer.template(of: description), weight: weight))
    }
    for isShuffled in [false, true] {
      let made = Self.make(RequestPlan(kinds, isShuffled: isShuffled), 10_000)
      let counts = ["a", "b", "c"].map { name in made.count { $0.hasPrefix("GET /\(name) ") } }
      if isShuffled {
        // Five standard deviations of a binomial distribution.
        #expect(abs(counts[0] - 1_000) < 150 && abs(counts[1] - 3_000) < 230)
      } else {
        #expect(counts == [1_000, 3_000, 6_000])
      }
    }
    // Weights as large as there are cost no memory.
    kinds[0].weight = .max
    #expect(PreparedPlan(RequestPlan(kinds)).order.count <= 10_003)
  }

  @Test("A body of megabytes is read in no time to speak of")
  func longBody() throws {
    let body = String(repeating: "{\"a\": {\"b\": 1}} \u{fc}\r\n", count: 100_000) + "{{counter}}"
    let plan = try Self.plan { $0.body = body }
    #expect(Self.make(plan, 1)[0].utf8.count > 2_000_000)
  }
}

extension String {
  /// What is between a mark and the end of its line.
  func components(after mark: String) -> Substring {
    guard let range = firstRange(of: mark) else { return "" }
    return Substring(self[range.upperBound...].utf8.prefix { $0 != 13 })
  }

  func components(splitBy mark: String) -> (head: String, rest: String) {
    guard let range = firstRange(of: mark) else { return (self, "") }
    return (String(self[..<range.lowerBound]) + "\r\n", String(self[range.upperBound...]))
  }
}
