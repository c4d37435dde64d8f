import Foundation
import Terminal
import Testing

@Suite("JSON reports")
struct JSONValueTests {
  @Test("members keep their order")
  func order() {
    let report: JSONValue = [
      "schema": 1, "b": [1, 2.5, nil_], "a": ["x": true], "c": [], "d": [:],
    ]
    #expect(report.text == #"{"schema":1,"b":[1,2.5,null],"a":{"x":true},"c":[],"d":{}}"#)
  }

  private let nil_ = JSONValue.null

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
      let parsed = try JSONSerialization.jsonObject(with: Data(value.text.utf8))
      let members = try #require(parsed as? [String: Any])
      #expect(members["text"] as? String == text)
      #expect((members["integer"] as? NSNumber)?.int64Value == integer)
      #expect(members[text + "key"] as? Bool == true)
      if double.isFinite {
        #expect((members["number"] as? NSNumber)?.doubleValue == double)
      } else {
        #expect(members["number"] is NSNull)
      }
    }
  }
}
