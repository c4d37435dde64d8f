import Testing

@testable import LoadTesting

@Suite("A URL says which server is loaded")
struct LoadTargetTests {
  @Test(
    "Scheme, host, port, path, and what the Host field then is",
    arguments: [
      ("http://a", false, "a", 80, "/", "a"), ("https://a", true, "a", 443, "/", "a"),
      ("HTTP://A.example/x", false, "A.example", 80, "/x", "A.example"),
      ("a", false, "a", 80, "/", "a"),
      ("localhost:3000/x?y", false, "localhost", 3000, "/x?y", "localhost:3000"),
      ("http://a:80/", false, "a", 80, "/", "a"), ("http://a:443/", false, "a", 443, "/", "a:443"),
      ("https://a:443", true, "a", 443, "/", "a"), ("https://a:80", true, "a", 80, "/", "a:80"),
      ("http://a:/b", false, "a", 80, "/b", "a"), ("http://a?b=c", false, "a", 80, "/?b=c", "a"),
      ("http://a/b#c", false, "a", 80, "/b", "a"), ("http://a#b", false, "a", 80, "/", "a"),
      ("http://[::1]:8080/x", false, "::1", 8080, "/x", "[::1]:8080"),
      ("http://[2001:db8::1]", false, "2001:db8::1", 80, "/", "[2001:db8::1]"),
      ("http://a/@b:c", false, "a", 80, "/@b:c", "a"),
      ("a/?u=http://b/", false, "a", 80, "/?u=http://b/", "a"),
      ("http://a:65535/", false, "a", 65535, "/", "a:65535"),
    ] as [(String, Bool, String, UInt16, String, String)])
  func good(
    url: String, isSecure: Bool, host: String, port: UInt16, path: String, authority: String
  ) throws {
    let target = try LoadTarget(url)
    #expect(target.isSecure == isSecure && target.host == host && target.port == port)
    #expect(target.path == path && target.authority == authority)
    // What it says of itself means the same.
    #expect(try LoadTarget(target.url) == target)
  }

  @Test(
    "What is none, and why",
    arguments: [
      ("", "no host"), ("http://", "no host"), ("http:///a", "no host"), ("http://:80", "no host"),
      ("ftp://a", "ftp is not spoken"), ("ws://a/", "ws is not spoken"),
      ("http://a:0", "1 to 65535"), ("http://a:65536", "1 to 65535"),
      ("http://a:x", "1 to 65535"), ("http://a:-1", "1 to 65535"), ("http://a:+80", "1 to 65535"),
      ("http://a:99999999999999999999", "1 to 65535"), ("http://::1/", "brackets"),
      ("http://[::1/", "never closed"), ("http://[]/", "no host"), ("http://[::1]80/", "brackets"),
      ("http://user:secret@a/", "do not belong"), ("http://a b/", "percent-encode"),
      ("http://a/\u{fc}", "percent-encode"), ("http://a/\n", "percent-encode"),
      ("http://a/\u{0}", "percent-encode"),
    ])
  func bad(url: String, says: String) {
    do throws(LoadTarget.ParseError) {
      let target = try LoadTarget(url)
      Issue.record("\(target)")
    } catch {
      #expect(error.message.contains(says), "\(error.message)")
      #expect(!error.message.contains("secret"))
    }
  }

  @Test("Placeholders may stand in a path, blanks and all")
  func placeholders() throws {
    #expect(
      try LoadTarget("http://a/{{random 1 5}}?x={{line:my file}}").path
        == "/{{random 1 5}}?x={{line:my file}}")
    #expect(throws: LoadTarget.ParseError.self) { try LoadTarget("http://a/{{random 1 5") }
  }
}
