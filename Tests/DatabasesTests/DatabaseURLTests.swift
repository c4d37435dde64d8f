import Databases
import TestSupport
import Testing

@Suite("A database URL names an engine and shows no password")
struct DatabaseURLTests {
  @Test("the forms of a SQLite URL")
  func sqlite() throws {
    let cases: [(String, String, SQLiteConnection.Access)] = [
      ("sqlite://./lynx.db", "./lynx.db", .create),
      ("sqlite:///var/lib/lynx.db", "/var/lib/lynx.db", .create),
      ("sqlite://relative.db", "relative.db", .create),
      ("sqlite:relative.db", "relative.db", .create),
      ("SQLite://relative.db", "relative.db", .create),
      ("sqlite::memory:", ":memory:", .create),
      ("sqlite://:memory:", ":memory:", .create),
      ("sqlite://a%20b%3F.db?mode=ro", "a b?.db", .readOnly),
      ("sqlite://x.db?mode=rw", "x.db", .readWrite),
      ("sqlite://x.db?mode=rwc", "x.db", .create),
    ]
    for (text, path, access) in cases {
      let url = try DatabaseURL(text)
      #expect(url.engine == .sqlite(path: path) && url.access == access, "\(text)")
    }
  }

  @Test(
    "what names no database is refused with a sentence",
    arguments: [
      "", "x", "lynx.db", "mysql://a/b", "sqlite:", "sqlite://", "sqlite://a?mode=memory",
      "sqlite://a?cache=shared", "sqlite://%zz", "sqlite://%f", "sqlite://a%00b", "sqlite://%ff",
      "postgres:/x", "postgresql:x", "postgres://h:1a/x", "postgres://h/x?nonsense=1",
      "postgres://h/x?user", "postgres://[::1/x", "postgres://h:0/x", "postgres://h:65536/x",
      "postgres://u:a@b@c/x", "postgres://u:1/2@c/x", "postgres://u:%00@h/x",
    ])
  func refused(_ text: String) {
    expectSentence(failure { try DatabaseURL(text) }, .invalidURL, "URL")
  }

  @Test("a NUL is refused")
  func zero() {
    for text in ["sqlite://a\0b", "postgres://h/a\0b"] {
      expectSentence(failure { try DatabaseURL(text) }, .invalidURL, "NUL")
    }
  }

  @Test("a PostgreSQL URL is what libpq takes, its passwords replaced")
  func postgres() throws {
    let cases = [
      ("postgres://", "postgresql://"),
      ("postgres://h", "postgresql://h"),
      ("POSTGRES://h/d", "postgresql://h/d"),
      ("postgresql://u@h:5433/d", "postgresql://u@h:5433/d"),
      (
        "postgresql://u:p%40@h1:1,h2:2/d?sslmode=require",
        "postgresql://u:***@h1:1,h2:2/d?sslmode=require"
      ),
      ("postgres://:p@h/d", "postgresql://:***@h/d"),
      ("postgres://u:@h/d", "postgresql://u:***@h/d"),
      (
        "postgres:///d?host=/run/x&password=p&user=u",
        "postgresql:///d?host=/run/x&password=***&user=u"
      ),
      (
        "postgres://h/d?pass%77ord=p&sslpassword=q",
        "postgresql://h/d?pass%77ord=***&sslpassword=***"
      ),
      ("postgres://u:a?b=c@[::1]:5432/d", "postgresql://u:***@[::1]:5432/d"),
    ]
    for (text, redacted) in cases {
      let url = try DatabaseURL(text)
      #expect(url.redacted == redacted)
      guard case .postgres = url.engine else {
        Issue.record("\(text) is \(url.engine)")
        continue
      }
    }
  }

  @Test("whatever a password is made of, nothing said of the URL shows a piece of it")
  func secrecy() {
    var generator = SeededGenerator.forTest()
    let separators = [
      "@\u{301}", "/\u{301}", ":\u{301}", "&\u{301}", "=\u{301}",
      "@", "/", ":", "?", "#", "%", "%40", "&", "=", "[", "]", ",", " ", "'", "é", "1",
    ]
    for _ in 0..<5_000 {
      let mark = "Zq7"
      let password = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
        (separators.randomElement(using: &generator) ?? "") + mark
      }.joined()
      let text =
        [
          "postgres://me:\(password)@host/db", "postgresql://me:\(password)@host:1/db?user=x",
          "postgres://host/db?password=\(password)",
          "postgres:\(password)",
          "postgres:/me:\(password)@host", "\(password)",
        ].randomElement(using: &generator) ?? ""
      do {
        let url = try DatabaseURL(text)
        var dumped = ""
        dump(url, to: &dumped)
        dump(url.engine, to: &dumped)
        // What has no password's place in it is another URL: a host, a port, a file.
        guard text.unicodeScalars.contains("@") || text.contains("password=") else { continue }
        for said in [url.redacted, "\(url)", "\(url.engine)", String(reflecting: url), dumped] {
          #expect(!said.contains(mark), "\(text): \(said)")
        }
      } catch {
        #expect(!error.message.contains(mark), "\(text): \(error)")
      }
    }
  }
}
