import Crypto
import Foundation
import Links
import TestSupport
import Testing

@Suite("A cursor is good for its query alone, and only as it was made")
struct CursorTests {
  private func query(_ random: inout SeededGenerator) throws -> LinkQuery {
    let words = ["", "a", "ab", "b", "é", "%"]
    let from = Bool.random(using: &random) ? Int64.random(in: -5...5, using: &random) : nil
    return try LinkQuery(
      text: words.randomElement(using: &random),
      createdBy: Bool.random(using: &random) ? words.randomElement(using: &random) : nil,
      createdFrom: from,
      createdTo: from == nil && Bool.random(using: &random) ? 1 : nil,
      isActive: [nil, true, false].randomElement(using: &random) ?? nil)
  }

  @Test func roundTripsAndBelongsToItsFilters() throws {
    var random = SeededGenerator.forTest()
    let key = CursorKey(using: &random)
    for _ in 0..<2000 {
      let position = LinkPosition(
        createdAt: Int64.random(in: .min ... .max, using: &random),
        id: Int64.random(in: .min ... .max, using: &random))
      let (one, other) = (try query(&random), try query(&random))
      let text = Cursor.encode(position, for: one, key: key)
      #expect(
        text.utf8.allSatisfy {
          Character(UnicodeScalar($0)).isLetter || "0123456789-_".utf8.contains($0)
        })
      #expect(try Cursor.decode(text, for: one, key: key) == position)
      if one == other {
        #expect(try Cursor.decode(text, for: other, key: key) == position)
      } else {
        #expect(throws: LinkError.badCursor) { try Cursor.decode(text, for: other, key: key) }
      }
      let foreign = CursorKey(using: &random)
      #expect(throws: LinkError.badCursor) { try Cursor.decode(text, for: one, key: foreign) }
    }
  }

  @Test func limitAndPositionAreNoFilters() throws {
    var random = SeededGenerator.forTest()
    let key = CursorKey(using: &random)
    let position = LinkPosition(createdAt: 1, id: 2)
    let text = Cursor.encode(position, for: try LinkQuery(limit: 10), key: key)
    let next = try LinkQuery(limit: 20, after: position)
    #expect(try Cursor.decode(text, for: next, key: key) == position)
  }

  @Test func anyOtherByteIsRefused() throws {
    var random = SeededGenerator.forTest()
    let key = CursorKey(using: &random)
    let query = try LinkQuery(text: "x")
    let text = Cursor.encode(LinkPosition(createdAt: 1_700_000_000, id: 42), for: query, key: key)
    let bytes = Array(text.utf8)
    for position in bytes.indices {
      for byte in UInt8(1)...127 where byte != bytes[position] {
        var changed = bytes
        changed[position] = byte
        let changedText = String(decoding: changed, as: UTF8.self)
        #expect(throws: LinkError.badCursor) {
          try Cursor.decode(changedText, for: query, key: key)
        }
      }
      let cut = String(decoding: bytes[..<position], as: UTF8.self)
      #expect(throws: LinkError.badCursor) { try Cursor.decode(cut, for: query, key: key) }
    }
    for foreign in [text + "A", text + "=", " " + text, "", "é", String(repeating: "A", count: 44)]
    {
      #expect(throws: LinkError.badCursor) { try Cursor.decode(foreign, for: query, key: key) }
    }
  }

  @Test("The signature is HMAC-SHA256, as openssl computes it")
  func secondOpinion() throws {
    var random = SeededGenerator.forTest()
    let key = CursorKey(using: &random)
    let text = Cursor.encode(
      LinkPosition(createdAt: 258, id: 3), for: try LinkQuery(isActive: true), key: key)
    func base64(_ text: String) -> [UInt8] {
      let plain = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(
        of: "_", with: "/")
      return [UInt8](
        Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4))
          ?? Data())
    }
    let payload: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 3]
    #expect(Array(base64(text).prefix(17)) == payload)
    let filters: [UInt8] = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    let hex = base64(key.storageText).map { String(format: "%02x", $0) }.joined()
    let tag = try Tool.run(
      "/usr/bin/openssl",
      ["dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(hex)", "-binary"],
      input: Array("lynx cursor\0".utf8) + payload + filters)
    #expect(Array(base64(text).suffix(16)) == Array(tag.prefix(16)))
  }

  @Test func keysKeepTheirTextAndTheirSecret() throws {
    var random = SeededGenerator.forTest()
    let key = CursorKey(using: &random)
    #expect(CursorKey(storageText: key.storageText) == key)
    #expect(key.storageText.count == 43)
    for text in ["\(key)", String(reflecting: key), String(describing: Optional(key))] {
      #expect(!text.contains(key.storageText) && !text.contains(","))
    }
    var dumped = ""
    dump(key, to: &dumped)
    #expect(dumped.count < 30)
    for text in ["", "x", key.storageText + "A", String(key.storageText.dropLast())] {
      #expect(CursorKey(storageText: text) == nil)
    }
  }
}
