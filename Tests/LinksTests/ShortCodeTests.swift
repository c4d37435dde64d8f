import Foundation
import Links
import TestSupport
import Testing

@Suite("A custom code is readable, looks like no other and survives an address")
struct ShortCodeTests {
  @Test(arguments: [
    "a", "A-b_c.d~e", "docs/install/v2", "...", "a..b", "x/...", "ünïcödé", "日本語", "हिन्दी", "😀",
    "👍🏽", "👨‍👩‍👧", "❤️", "🏳️‍🌈", "1️⃣", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "می‌خواهم", "٣",
  ])
  func accepts(_ text: String) throws {
    #expect(try ShortCode(custom: text).text.utf8.elementsEqual(text.utf8))
  }

  @Test(arguments: [
    "", "/", "/a", "a/", "a//b", ".", "..", "a/./b", "a/..", "../a", "a b", "a?b", "a#b", "a%41",
    "a\\b", "a:b", "a@b", "a\u{0}", "a\nb", "u\u{308}", "a\u{200b}b", "a\u{200d}", "\u{200d}a",
    "a\u{200d}b", "\u{fe0f}", "\u{301}a", "a/\u{301}", "\u{3164}", "\u{115f}", "a\u{ad}b", "«a»",
    "a\u{202e}b", "é\u{200d}\u{200d}é", "\u{e000}", "a+b", "a,b", "a!",
  ])
  func refuses(_ text: String) {
    #expect {
      try ShortCode(custom: text)
    } throws: { error in
      if case .invalidCode(let reason)? = error as? LinkError { !reason.isEmpty } else { false }
    }
  }

  @Test func lengthIsInBytes() throws {
    #expect(throws: Never.self) { try ShortCode(custom: String(repeating: "a", count: 50)) }
    #expect(throws: LinkError.self) { try ShortCode(custom: String(repeating: "a", count: 51)) }
    #expect(throws: Never.self) { try ShortCode(custom: String(repeating: "é", count: 25)) }
    #expect(throws: LinkError.self) { try ShortCode(custom: String(repeating: "é", count: 26)) }
    #expect(throws: LinkError.self) { try ShortCode(custom: "abcd", maximumLength: 3) }
  }

  @Test("What is accepted is in composed form and comes back from a URL unchanged")
  func roundTrip() throws {
    var random = SeededGenerator.forTest()
    let pieces = ["a", "Z", "9", "-", "_", ".", "~", "/", "é", "e\u{301}", "😀", "ß", "Å", "한"]
    var accepted = 0
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 1...6, using: &random))
        .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      guard let code = try? ShortCode(custom: text) else { continue }
      accepted += 1
      #expect(text.utf8.elementsEqual(text.precomposedStringWithCanonicalMapping.utf8))
      let allowed = CharacterSet.urlPathAllowed
      let path = try #require(code.text.addingPercentEncoding(withAllowedCharacters: allowed))
      let base = try #require(URL(string: "http://host/"))
      let url = try #require(URL(string: path, relativeTo: base)).absoluteURL.standardized
      #expect(url.path(percentEncoded: false) == "/" + text)
    }
    #expect(accepted > 1000)
  }
}
