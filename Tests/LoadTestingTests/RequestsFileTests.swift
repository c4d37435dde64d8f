import TestSupport
import Testing

@testable import LoadTesting

@Suite("Files of requests, as JSON and as .http blocks")
struct RequestsFileTests {
  static func read(_ text: String, _ url: String = "http://host:81/") throws -> [RequestsFile.Entry]
  {
    try RequestsFile(Array(text.utf8), target: LoadTarget(url)).entries
  }

  static func failure(_ text: String, _ url: String = "http://host:81/") -> String {
    do {
      return "none: \(try read(text, url))"
    } catch {
      return "\(error)"
    }
  }

  static func location(_ entry: RequestsFile.Entry) -> String? {
    if case .exactly(let text)? = entry.expectation.location { text } else { nil }
  }

  @Test("All fields of a JSON request")
  func allFields() throws {
    let entry = try #require(
      try Self.read(
        """
        {"name": "n\\u00fc", "method": "PATCH", "path": "/a?b={{counter}}",
         "headers": {"B": "{{uuid}}", "a": "x\\ty"}, "body": "text \\ud83e\\udd8a\\n",
         "expect": [200, 404], "location": "https://e.org/", "weight": 3}
        """
      ).first)
    #expect(entry.name == "n\u{fc}" && entry.weight == 3 && entry.line == 1)
    #expect(entry.request.method == "PATCH" && entry.request.path == "/a?b={{counter}}")
    #expect(entry.request.headers == [.init("B", "{{uuid}}"), .init("a", "x\ty")])
    #expect(entry.request.body == "text \u{1f98a}\n")
    #expect(entry.expectation.statuses == [200, 404])
    #expect(Self.location(entry) == "https://e.org/")
  }

  @Test("What is left out has its default")
  func defaults() throws {
    let entries = try Self.read(
      #"{"path": "/"} {"path": "/b", "body": ""} {"path":"/c","body":null}"#)
    #expect(entries.map(\.name) == ["GET /", "POST /b", "GET /c"])
    #expect(entries.map(\.request.body) == [nil, "", nil])
    #expect(entries.allSatisfy { $0.weight == 1 && $0.expectation.statuses.isEmpty })
    #expect(entries.allSatisfy { Self.location($0) == nil && $0.request.headers.isEmpty })
  }

  @Test("One a line, one after the other, or an array: the same; each with its line")
  func shapes() throws {
    let objects = [
      "{\"path\": \"/1\",\n \"expect\": 308}", "{\"path\": \"/2\"}", "{\"path\": \"/3\"}",
    ]
    for (text, lines) in [
      (objects.joined(separator: "\n"), [1, 3, 4]), (objects.joined(), [1, 2, 2]),
      ("\u{feff}\r\n\t [" + objects.joined(separator: ",\n") + "]\n", [2, 4, 5]),
    ] {
      let entries = try Self.read(text)
      #expect(entries.map(\.request.path) == ["/1", "/2", "/3"])
      #expect(entries.map(\.line) == lines)
      #expect(entries[0].expectation.statuses == [308])
    }
  }

  @Test("A body that is no text is sent as the JSON that it is, byte for byte, with its type")
  func jsonBody() throws {
    for body in [
      #"{"b": 1, "a": [1.0, 1e400, 123456789012345678901234567890], "u": "\u00e9{{uuid}}"}"#, "[]",
      "3.50", "true", "{\n  \"a\" : { } }",
    ] {
      let entries = try Self.read(
        #"[{"path": "/", "body": \#(body)}, {"path": "/", "headers": {"content-TYPE": "x"}, "body": \#(body) }]"#
      )
      #expect(entries.map(\.request.body) == [body, body])
      #expect(entries[0].request.headers == [.init("Content-Type", "application/json")])
      #expect(entries[1].request.headers == [.init("content-TYPE", "x")])
    }
  }

  @Test("A URL has to be of the server that is loaded; fragments are not sent")
  func urls() throws {
    let text =
      #"{"url": "HTTP://HOST:81/a?b#c"} {"url": "http://host:81"} {"path": "http://host:81?x"} {"path": "/{{line:a#b}}#c"}"#
    #expect(try Self.read(text).map(\.request.path) == ["/a?b", "/", "/?x", "/{{line:a#b}}"])
    #expect(try Self.read(#"{"url": "https://[::1]/a"}"#, "https://[::1]:443").count == 1)
    for url in ["https://host:81/", "http://host/", "http://other:81/", "http://host:8/"] {
      let failure = Self.failure("\n{\"url\": \"\(url)\"}")
      #expect(failure.hasPrefix("line 2: ") && failure.contains("another server"), "\(failure)")
    }
    #expect(Self.failure(#"{"url": "ftp://host/"}"#).contains("ftp is not spoken"))
    #expect(Self.failure(#"{"url": "http://u:secret@host:81/"}"#).contains("do not belong"))
  }

  @Test(
    "What is wrong in JSON is named, with its line",
    arguments: [
      (#"{"path": "/", "pth": 1}"#, 1, "known are name, method, path, url, headers, body, expect"),
      ("{\"path\": \"/\",\n\"weight\": 0}", 2, "from 1 to"),
      (#"{"path": "/", "weight": 1.5}"#, 1, "from 1 to"),
      (#"{"path": "/", "weight": "3"}"#, 1, "from 1 to"),
      (#"{"path": "/", "weight": 99999999999999999999}"#, 1, "from 1 to"),
      (#"{"path": "/", "expect": 100}"#, 1, "from 200"),
      (#"{"path": "/", "expect": []}"#, 1, "from 200"),
      (#"{"path": "/", "expect": "308"}"#, 1, "from 200"),
      (#"{"path": "/", "expect": [200, {}]}"#, 1, "from 200"),
      (#"{"path": "/", "expect": 308.0}"#, 1, "from 200"),
      (#"{"path": 5}"#, 1, "quotation marks"), (#"{"path": null}"#, 1, "quotation marks"),
      (#"{"name": "x"}"#, 1, "no path"), ("{\"path\": \"/\"}\n\n{}", 3, "no path"),
      (#"{"path": "/", "url": "/"}"#, 1, "both"), (#"{"path": "x"}"#, 1, "neither a path"),
      ("{\"path\": \"/\",\n \"path\": \"/\"}", 2, "twice"), ("[3]", 1, "is an object"),
      (#"{"path": "/", "headers": ["a"]}"#, 1, "object of names"),
      (#"{"path": "/", "headers": {"a": 1}}"#, 1, "quotation marks"),
      (#"{"path": "/", "headers": {"a": "1", "a": "2"}}"#, 1, "none of them twice"),
      (#"{"path": "/", "headers": {"a b": "1"}}"#, 1, "no name of a header field"),
      (#"{"path": "/", "headers": {"a": "1\n"}}"#, 1, "control characters"),
      (#"{"path": "/", "headers": {"Content-Length": "1"}}"#, 1, "leave it out"),
      (#"{"path": "/", "method": "A B"}"#, 1, "no method"),
      (#"{"path": "/", "location": "/{{counter}}"}"#, 1, "no placeholders"),
      (#"{"path": "/", "location": ""}"#, 1, "without blanks"),
      ("{\"path\": \"/\"\n", 2, "it ends"), ("{\"path\": \"/\"}\n]", 2, "no JSON"),
      ("{\"path\" \"/\"}", 1, "a colon"), ("{\"path\": \"/\",}", 1, "a name"),
      ("[{\"path\": \"/\"},]", 1, "a value"),
      ("{\"path\": \"/\n\"}", 1, "control character"), ("{\"path\": \"\\x\"}", 1, "backslash"),
      ("{\"path\": \"/\\ud800\"}", 1, "surrogate"), ("{\"path\": \"/\\u12g4\"}", 1, "hexadecimal"),
      ("{\"path\": 01}", 1, "comma"), ("{path: 1}", 1, "a name"), ("{'path': 1}", 1, "a name"),
      ("{\"path\": \"/\"} // c", 1, "a value"), ("{", 1, "it ends"), ("[", 1, "it ends"),
    ] as [(String, Int, String)])
  func jsonErrors(text: String, line: Int, says: String) {
    let failure = Self.failure(text)
    #expect(failure.hasPrefix("line \(line): ") && failure.contains(says), "\(failure)")
    #expect(!failure.contains("\n"))
  }

  @Test("Blocks: names, directives, comments, headers, bodies")
  func blocks() throws {
    let text = """
      # about this file
      GET /first

      ### second one
      // a comment
      # @expect 200, 404
      //@location https://e.org/
      # @weight 3
      POST http://host:81/b?x={{random 1 5}} HTTP/1.1
      Content-Type:text/plain
      X: {{line:my file}}

      one

      # no comment
      two


      ###
      # nothing but a comment
      ####### third
      # @name really third
      DELETE /c
      ###
      """
    for text in [text, text.replacing("\n", with: "\r\n")] {
      let entries = try Self.read(text)
      #expect(entries.map(\.name) == ["GET /first", "second one", "really third"])
      #expect(entries.map(\.line) == [2, 9, 23])
      #expect(entries.map(\.request.method) == ["GET", "POST", "DELETE"])
      #expect(entries.map(\.request.path) == ["/first", "/b?x={{random 1 5}}", "/c"])
      #expect(entries.map(\.weight) == [1, 3, 1])
      #expect(
        entries[1].request.headers == [
          .init("Content-Type", "text/plain"), .init("X", "{{line:my file}}"),
        ])
      let end = text.utf8.contains(13) ? "\r\n" : "\n"
      #expect(
        entries.map(\.request.body) == [
          nil, ["one", "", "# no comment", "two"].joined(separator: end), nil,
        ])
      #expect(entries[1].expectation.statuses == [200, 404])
      #expect(Self.location(entries[1]) == "https://e.org/")
    }
  }

  @Test(
    "What is wrong in a block is named, with its line",
    arguments: [
      ("GET", 1, "no request line"), ("# x\n/path", 2, "no request line"),
      ("@host = x\nGET /", 1, "no request line"), ("GET / HTTP/1.0", 1, "HTTP/1.1, or nothing"),
      ("GET / HTTP/2", 1, "HTTP/1.1, or nothing"), ("###\nGET /\nno colon", 3, "no header field"),
      ("GET /\nA B: c", 2, "no header field"), ("GET /\n: c", 2, "no header field"),
      ("GET /\n# comment", 2, "no header field"),
      ("GET /\nContent-Length: 5\n\nhello", 1, "leave it out"),
      ("# @expect x\nGET /", 1, "from 200"), ("# @expect\nGET /", 1, "from 200"),
      ("\n# @weight 0\nGET /", 2, "from 1 to"),
      ("# @nothing 1\nGET /", 1, "known are @name, @expect"),
      ("# @expect 200\n# @expect 201\nGET /", 2, "twice"),
      ("# @location a b\nGET /", 1, "without blanks"),
      ("# @name\nGET /", 1, "a name"), ("GET /\n###\n# @weight 3\n\n", 3, "no request follows"),
      ("GET http://other/", 1, "another server"), ("POST /\n\n< ./file", 3, "bodies from files"),
      ("GET x", 1, "neither a path"), ("GET *", 1, "begin with a slash"),
    ] as [(String, Int, String)])
  func blockErrors(text: String, line: Int, says: String) {
    let failure = Self.failure(text)
    #expect(failure.hasPrefix("line \(line): ") && failure.contains(says), "\(failure)")
    #expect(!failure.contains("\n"))
  }

  @Test("A file without requests, of another encoding, or of too many bytes")
  func noFile() throws {
    for text in ["", " \n\n", "[]", "# nothing", "###\n###"] {
      #expect(Self.failure(text).contains("no requests"))
    }
    let target = try LoadTarget("http://a/")
    for (bytes, says) in [
      ([0x47, 0x45, 0x54, 0x0a, 0x00], "line 2: it has a zero byte"), ([0xff, 0xfe], "not UTF-8"),
      (Array("{\"path\": \"/".utf8) + [0xc0, 0x80] + Array("\"}".utf8), "not UTF-8"),
      ([UInt8](repeating: 0x7b, count: RequestsFile.mostBytes + 1), "16 MiB"),
    ] as [([UInt8], String)] {
      do {
        _ = try RequestsFile(bytes, target: target)
        Issue.record("\(says)")
      } catch {
        #expect(error.description.contains(says), "\(error)")
      }
    }
  }

  @Test("An entry of either kind becomes a template")
  func templates() throws {
    let target = try LoadTarget("http://host:81/")
    var composer = RequestComposer(target: target, keepsAlive: true) { _ in ["a"] }
    for entry in try Self.read("POST /{{counter}}\nA: {{uuid}}\n\n{{line:x}}") {
      let template = try composer.template(of: entry.request)
      var maker = RequestMaker(
        PreparedPlan(RequestPlan([.init(template)], lists: composer.lists)), seed: 1)
      var bytes: [UInt8] = []
      _ = maker.make(into: &bytes)
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(
        text.hasPrefix("POST /1 HTTP/1.1\r\n") && text.hasSuffix("Content-Length: 1\r\n\r\na"))
    }
  }
}
