import TestSupport
import Testing

@testable import Links

@Suite("What is taken for plain is what the rules accept")
struct PlainTests {
  @Test func codes() {
    var random = SeededGenerator.forTest()
    let pieces = [
      "a", "Z", "9", "-", "_", "~", ".", "/", "é", " ", "%", "\u{7f}", "@", "`", "[", "{",
    ]
    var plain = 0
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0...8, using: &random))
        .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      let maximum = Int.random(in: 1...8, using: &random)
      guard ShortCode.isPlain(text, maximum) else { continue }
      plain += 1
      #expect(ShortCode.reasonToRefuse(text, maximum) == nil, "\(text)")
    }
    #expect(plain > 500)
    #expect(ShortCode.isPlain("abc-XYZ_019~", 50))
  }

  @Test func destinations() {
    var random = SeededGenerator.forTest()
    let pieces = [
      "a", "example", "com", ".", ".", "/", "?", "#", ":", "80", "0x1", "0", "-", "@", "\\", "%41",
      "[::1]", "é", " ", "\n", "_", "x7", "7x", "1e5",
    ]
    var plain = 0
    for _ in 0..<50_000 {
      let scheme = ["https://", "http://", "https://", "ftp://", ""].randomElement(using: &random)
      let text =
        (scheme ?? "")
        + (0..<Int.random(in: 0...7, using: &random))
        .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      guard Destination.isPlain(text) else { continue }
      plain += 1
      #expect(Destination.reasonToRefuse(text) == nil, "\(text)")
    }
    #expect(plain > 1000)
    #expect(Destination.isPlain("https://example.com/articles/1?q=%41#f"))
    let long = "https://example.com/" + String(repeating: "a", count: Destination.maximumLength)
    #expect(!Destination.isPlain(long))
  }
}
