import Foundation
import TestSupport
import Testing

@testable import LoadTesting

@Suite("No file of requests traps its reader")
struct HostileFileTests {
  static func read(_ bytes: [UInt8]) -> String? {
    do {
      _ = try RequestsFile(bytes, target: LoadTarget("http://host/"))
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test("Nesting by the hundred thousand, and lines of a megabyte")
  func large() {
    for open in ["[", "{\"a\":", "[{\"path\":"] {
      let bytes = Array(String(repeating: open, count: 300_000).utf8)
      #expect(Self.read(bytes)?.contains("nested deeper") == true)
    }
    let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
    #expect(Self.read(Array("{\"path\": \"/\", \"body\": \(deep)}".utf8)) == nil)
    let long = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    #expect(Self.read(Array("{\"path\": \"/".utf8) + long + Array("\"}".utf8)) == nil)
    #expect(Self.read(Array("{\"".utf8) + long)?.hasPrefix("line 1: ") == true)
    let name = Array("{\"".utf8) + long + Array("\": 1}".utf8)
    #expect(Self.read(name).map { $0.utf8.count < 300 } == true)
    #expect(Self.read(long)?.contains("no request line") == true)
    #expect(Self.read(Array("GET /\n\n".utf8) + long) == nil)
    let many = String(repeating: "{\"path\":\"/\"}", count: RequestsFile.mostRequests + 1)
    #expect(Self.read(Array(many.utf8))?.contains("more than the 100000 requests") == true)
  }

  static let samples = [
    #"{"name": "n", "method": "PUT", "path": "/a", "headers": {"a": "b\u00e9"}, "body": {"x": [1, -2.5e3, true, null]}, "expect": [200, 404], "location": "/x", "weight": 3}"#,
    #"[{"url": "http://host/a", "body": "\ud83e\udd8a\"\\"}, {"path": "/b"}]"#,
    "### a\n# @expect 308\n// @weight 2\nGET http://host/x HTTP/1.1\nA: b\n\nbody\n\n###\nGET /\r\n",
  ]

  @Test("Files with bytes changed, cut out, doubled")
  func mutations() {
    var random = SeededGenerator.forTest()
    var read = 0
    for round in 0..<9_000 {
      var bytes = Array(Self.samples[round % 3].utf8)
      for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + 5))
        case 2: bytes.insert(contentsOf: bytes[place...].prefix(9), at: place)
        default: bytes[place] = Array("{}[],:\"\\#@ \n\r/".utf8).randomElement(using: &random) ?? 0
        }
      }
      let failure = Self.read(bytes)
      if failure == nil { read += 1 }
      #expect(failure.map { $0.utf8.contains(10) } != true)
    }
    #expect(read > 500)
  }

  /// Whether both take a text for JSON, and for the same.
  @Test("Foundation's reader agrees on what is JSON, and on what strings say")
  func secondOpinion() throws {
    var random = SeededGenerator.forTest()
    var both = 0
    var generous: [String] = []
    for _ in 0..<6_000 {
      var bytes = Array(Self.json(&random, depth: 3).utf8)
      if Bool.random(using: &random), !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] =
          Array("{}[],:\"\\eE+-.0149tfn u\n\u{1}".utf8).randomElement(using: &random) ?? 0
      }
      let text = String(decoding: bytes, as: UTF8.self)
      // Files that are not UTF-8 do not come as far.
      guard Array(text.utf8) == bytes else { continue }
      var scanner = JSONScanner(bytes)
      var ours: Range<Int>?
      do throws(JSONScanner.Failure) { ours = try scanner.value() } catch { ours = nil }
      if scanner.peek() != nil { ours = nil }
      let theirs = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
      // What we take, it takes as well; it also takes a comma behind the last element, and some
      // numbers. Those beyond a Double's are none to it.
      if ours != nil, !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
        #expect(theirs != nil, "\(text.debugDescription)")
      }
      if ours == nil, theirs != nil { generous.append(text) }
      guard let ours, let string = theirs as? String else { continue }
      both += 1
      #expect(JSONScanner(bytes).string(at: ours.lowerBound) == string, "\(text.debugDescription)")
    }
    #expect(both > 500)
    #expect(generous.count < 300, "\(generous.prefix(40))")
  }

  static func json(_ random: inout SeededGenerator, depth: Int) -> String {
    switch Int.random(in: 0..<(depth > 0 ? 7 : 4), using: &random) {
    case 0: return ["true", "false", "null"].randomElement(using: &random) ?? ""
    case 1:
      return ["0", "-1", "12.50", "1e5", "-0.1E-2", "10"].randomElement(using: &random) ?? ""
    case 2, 3:
      let parts = [
        "a", "\u{fc}", "\\n", "\\\"", "\\\\", "\\u00e9", "\\ud83e\\udd8a", "\\/", " ", "\u{1f98a}",
      ]
      return "\""
        + (0..<Int.random(in: 0...4, using: &random)).map { _ in
          parts.randomElement(using: &random) ?? ""
        }.joined() + "\""
    case 4, 5:
      let elements = (0..<Int.random(in: 0...3, using: &random)).map { _ in
        json(&random, depth: depth - 1)
      }
      return "[" + elements.joined(separator: [",", " , "].randomElement(using: &random) ?? "")
        + "]"
    default:
      let members = (0..<Int.random(in: 0...3, using: &random)).map {
        "\"k\($0)\": " + json(&random, depth: depth - 1)
      }
      return "{" + members.joined(separator: ",") + "}"
    }
  }
}
