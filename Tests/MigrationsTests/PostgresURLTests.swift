import Databases
import Foundation
import Migrations
import TestSupport
import Testing

@Suite("What pg_dump is told")
struct PostgresURLTests {
  @Test(
    "has the URL without its password, and the password where nobody sees it",
    arguments: [
      ("postgresql://u:p%40ss@h:1/d", "postgresql://u@h:1/d", "p@ss"),
      (
        "postgresql://u@h/d?password=x%26y&sslmode=prefer", "postgresql://u@h/d?sslmode=prefer",
        "x&y"
      ),
      ("postgresql://u:\u{301}x@h/d", "postgresql://u@h/d", "\u{301}x"),
      ("postgresql://h/d?user=u&pass%77ord=x", "postgresql://h/d?user=u", "x"),
    ])
  func hidden(url: String, shown: String, password: String) throws {
    let migrator = Migrator(database: try DatabaseURL(url), origin: .embedded(.postgres))
    let call = try #require(try migrator.postgresDump())
    #expect(call.command.last == "--dbname=" + shown)
    #expect(call.environment.map(\.value) == [password])
    #expect(call.environment.map(\.name) == ["PGPASSWORD"])
  }

  @Test("databases of any name are made and dropped")
  func names() throws {
    let server = try PostgresServer.shared()
    for name in ["we ird\"na'me/?&%", "'\u{301}ä🦊"] {
      let name = name + UUID().uuidString.prefix(8)
      let administration = DatabaseAdministration(try DatabaseURL(server.url(database: name)))
      #expect(try !administration.exists())
      #expect(try administration.create())
      #expect(try !administration.create())
      #expect(try administration.exists())
      #expect(try administration.drop())
      #expect(try !administration.exists())
    }
  }
}
