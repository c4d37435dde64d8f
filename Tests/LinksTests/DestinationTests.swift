import Foundation
import Links
import TestSupport
import Testing

@Suite("A destination is what a browser opens, kept as it was given")
struct DestinationTests {
  @Test(arguments: [
    "http://a", "https://example.com", "HTTPS://Example.COM/Path?q=1#f", "http://a:80/",
    "http://a:",
    "http://a:065535", "http://[::1]:8080/x", "http://[2001:db8::1.2.3.4]", "http://127.1",
    "http://0x7f000001/", "http://4294967295", "http://1.2.3.", "http://münchen.example/ü?ü",
    "http://例え.jp", "http://😀.example", "http://👍🏽.example", "http://a_b.example",
    "http://ex%41mple.com/%zz", "https://a?b", "https://a#b", "http://a/b\\c@d:e", "http://a./",
    "http://1.2.3.4.com",
  ])
  func keeps(_ text: String) throws {
    #expect(try Destination(text).text.utf8.elementsEqual(text.utf8))
  }

  @Test(arguments: [
    "", "http://a..b", "http://.a", "http://.", "http://..", "example.com", "//example.com",
    "http:example.com", "http:/example.com", "ftp://a",
    "javascript:alert(1)", "data:text/html,x", "http://", "http:///a", "https://?q", "http://#f",
    "http://:80", "http://a:65536", "http://a:99999999999999999999", "http://a:-1", "http://a:8o",
    "http://user@a", "http://user:secret@a/", "http://@a", "http://a\\@b", "http://a b/",
    "http://a/b c", " http://a", "http://a\n", "http://a/\t", "http://a/\r\nSet-Cookie: x",
    "http://a/\u{0}", "http://a/\u{7f}", "http://a/\u{85}", "http://a/\u{a0}", "http://a/\u{2028}",
    "http://[::1", "http://[]", "http://[::1]x", "http://[::g]", "http://[fe80::1%25eth0]",
    "http://[1.2.3.4]", "http://a]", "http://1.2.3.256", "http://1.2.3.4.5", "http://256.1.1.1",
    "http://4294967296", "http://0x100000000", "http://1.2.3.09", "http://a.1", "http://a%",
    "http://a%00b", "http://a%2fb", "http://a%ffb", "http://a^b", "http://a|b", "http://a<b>",
    "http://℀.example", "http://a／b", "http://a%EF%BC%8Fb", "http+unix://a", "htt\u{131}ps://a",
  ])
  func refuses(_ text: String) {
    #expect { try Destination(text) } throws: { error in
      guard case .invalidDestination(let reason)? = error as? LinkError else { return false }
      return !reason.isEmpty && !reason.contains("secret")
    }
  }

  @Test func lengthEndsAtEightKiB() throws {
    let longest = "http://a/" + String(repeating: "x", count: Destination.maximumLength - 9)
    #expect(try Destination(longest).text == longest)
    #expect(throws: LinkError.self) { try Destination(longest + "x") }
  }

  @Test("No character is let into a host whose compatibility form is forbidden there")
  func compatibilityForms() {
    let forbidden = CharacterSet(charactersIn: UnicodeScalar(0)...UnicodeScalar(0x20))
      .union(CharacterSet(charactersIn: "#/:<>?@[\\]^|%\u{7f}"))
    for value in UInt32(0x21)...0x10_ffff {
      guard let scalar = UnicodeScalar(value) else { continue }
      let mapped = String(Character(scalar)).precomposedStringWithCompatibilityMapping
      guard mapped.unicodeScalars.contains(where: forbidden.contains) else { continue }
      // Those that end the host themselves are looked at elsewhere.
      if "/?#:".unicodeScalars.contains(scalar) { continue }
      #expect(throws: LinkError.self, "U+\(String(value, radix: 16))") {
        try Destination("http://a\(Character(scalar))b.example/")
      }
    }
  }

  @Test("Foundation's parser finds a host in whatever is accepted")
  func secondOpinion() {
    var random = SeededGenerator.forTest()
    let pieces = [
      "http", "https", ":", "/", "//", "a", "example.com", "1.2.3.4", "[::1]", "@", "\\", ":80",
      "?q=1", "#f", "%41", "%", "é", " ", "\n", ".", "..", "0x1", "999", "ftp", "<",
    ]
    var accepted = 0
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...4, using: &random)
      let text =
        (Bool.random(using: &random) ? "https://" : "")
        + (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      guard let destination = try? Destination(text) else { continue }
      accepted += 1
      let host = URL(string: destination.text)?.host(percentEncoded: true) ?? ""
      #expect(!host.isEmpty || text.contains("%") || text.contains("<"), "\(text)")
    }
    #expect(accepted > 100)
  }
}
