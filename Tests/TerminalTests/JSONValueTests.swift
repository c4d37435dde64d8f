import Foundation
import Terminal
import Testing

private struct Anything: Decodable {
  init(from decoder: any Decoder) {}
}

@Suite("JSON reports")
struct JSONValueTests {
  @Test("members keep their order")
  func order() {
    let report: JSONValue = [
      "schema": 1, "b": [1, 2.5, JSONValue.null], "a": ["x": true], "c": [], "d": [:],
    ]
    #expect(report.text == #"{"schema":1,"b":[1,2.5,null],"a":{"x":true},"c":[],"d":{}}"#)
  }

  @Test("texts and numbers are read by another parser as they were")
  func agreesWithFoundation() throws {
    try withGenerated("JSON values") { generator in
      let text = anyText(&generator)
      let integer = Int64(bitPattern: generator.next())
      let double = Double(bitPattern: generator.next())
      let value = JSONValue.object([
        .init("text", .string(text)), .init("integer", .integer(integer)),
        .init("number", .number(double)), .init(text + "key", true),
      ])
      struct Members: Decodable {
        var text: String
        var integer: Int64
        var number: Double?
      }
      let data = Data(value.text.utf8)
      let members = try JSONDecoder().decode(Members.self, from: data)
      #expect(Array(members.text.utf8) == Array(text.utf8))
      #expect(members.integer == integer)
      #expect(members.number == (double.isFinite ? double : nil))
      let keys = try JSONDecoder().decode([String: Anything].self, from: data).keys
      #expect(keys.contains(text + "key"))
    }
  }
}
