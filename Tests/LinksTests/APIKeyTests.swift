import Links
import TestSupport
import Testing

@Suite("Keys of the API")
struct APIKeyTests {
  @Test func textsAreReadAsTheyAreWritten() throws {
    var generator = SeededGenerator.forTest()
    for _ in 0..<200 {
      let secret = APIKeySecret(using: &generator)
      let text = secret.text
      #expect(text.utf8.count == 48 && text.hasPrefix("lynx_"))
      let read = try #require(APIKeySecret(text: text))
      #expect(read.text == text && read.hash == secret.hash)
      #expect(read.hash != APIKeySecret(using: &generator).hash)
    }
  }

  @Test func whatIsNoKeyIsNotRead() {
    var generator = SeededGenerator.forTest()
    let text = APIKeySecret(using: &generator).text
    for bad in [
      "", "lynx_", String(text.dropLast()), text + "A", text.uppercased(), " " + text.dropFirst(),
      text.replacing("lynx_", with: "lynx-"), String(text.dropLast()) + "=",
      "lynx_" + String(repeating: "é", count: 43),
    ] {
      #expect(APIKeySecret(text: bad) == nil, "\(bad)")
    }
    // Stray bits behind the 256th.
    let last = text.utf8.last
    let others = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
      .filter { $0.utf8.first != last }
    let readable = others.filter { APIKeySecret(text: String(text.dropLast()) + "\($0)") != nil }
    #expect(readable.count == 15, "one text for each key")
  }

  /// SHA-256 of 32 zero bytes, as sha256sum prints it.
  @Test func theHashIsSHA256OfTheBytes() throws {
    let secret = try #require(APIKeySecret(text: "lynx_" + String(repeating: "A", count: 43)))
    let hex = secret.hash.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
    #expect(hex.joined() == "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925")
    #expect(APIKeyHash(storedBytes: secret.hash.bytes) == secret.hash)
    #expect(APIKeyHash(storedBytes: Array(secret.hash.bytes.dropLast())) == nil)
  }

  @Test func namesThatCannotBeToldApartAreRefused() throws {
    var generator = SystemRandomNumberGenerator()
    let hash = APIKeySecret(using: &generator).hash
    for name in ["a", "Anna Å", "ci/deploy #1", String(repeating: "x", count: 100)] {
      let key = try NewAPIKey(name: name, hash: hash, isAdmin: false, createdBy: nil)
      #expect(key.name == name)
    }
    for name in [
      "", " a", "a ", "a\n", "a\u{0}", "a\u{200b}b", "\u{202e}a",
      String(repeating: "x", count: 101),
    ] {
      #expect(throws: LinkError.self, "\(name)") {
        try NewAPIKey(name: name, hash: hash, isAdmin: false, createdBy: nil)
      }
    }
  }
}
