import Databases
import Foundation
import LinkStores
import Links
import TestSupport
import Testing

@Suite("A database that was restored to an earlier state")
struct RestoreTests {
  /// A copy of the database as it is now, as a restored backup would be.
  private static func copy(_ scene: ClickScene) async throws -> String {
    switch scene.fixture.database.engine {
    case .sqlite:
      let path = scene.fixture.directory + "/copy.db"
      try scene.fixture.execute("VACUUM INTO '\(path)'")
      return "sqlite://\(path)"
    case .postgres:
      // The store's connections would be in the way.
      await scene.fixture.store.close()
      let server = try PostgresServer.shared()
      let original = try #require(
        scene.fixture.url.split(separator: "/").last?.split(separator: "?").first?
          .removingPercentEncoding)
      let name = "restored_\(UInt64.random(in: 0 ... .max))"
      try PostgresConnection(conninfo: server.url(database: "postgres"))
        .execute("CREATE DATABASE \(name) TEMPLATE \"\(original)\"")
      return server.url(database: name)
    }
  }

  @Test(
    "clicks that wait for links which are gone do not become those of new links",
    arguments: TestedEngine.allCases)
  func links(engine: TestedEngine) async throws {
    let scene = try await ClickScene(engine, links: 4)
    let backup = try await Self.copy(scene)

    let original = try StoreFixture.openStore(scene.fixture.database)
    var links = scene.links
    for index in 0..<4 {
      links.append(
        try await original.create(
          NewLink(
            code: ShortCode(custom: "late-\(index)"),
            destination: Destination("https://example.org/"), createdBy: nil)))
    }
    let process = try ClickProcess(
      scene.fixture.url, directory: scene.directory, links: links.map(\.id), output: scene.output,
      flushMilliseconds: 3_600_000)
    try #require(process.waits(forBytes: 50_000))
    process.kill()
    await original.close()

    // Another node is there first, and links are created before the journal is found.
    let restored = try StoreFixture.openStore(DatabaseURL(backup))
    let other = try await ClickJournal(
      directory: scene.directory + "-other", loops: 1, store: restored)
    var new: [Link] = []
    for index in 0..<20 {
      new.append(
        try await restored.create(
          NewLink(
            code: ShortCode(custom: "new-\(index)"),
            destination: Destination("https://example.org/"), createdBy: nil)))
    }
    let recovery = try ClickProcess(
      backup, directory: scene.directory, mode: "recover", links: [1], output: scene.output)
    #expect(recovery.end() == 0)

    for link in new {
      #expect(try await restored.link(code: link.code).clicks == 0, "they are of another link")
    }
    let account = try ClickAccount(scene.output)
    for link in scene.links {
      let clicks = try await restored.link(code: link.code).clicks
      #expect(clicks >= account.answered[link.id, default: 0])
      #expect(clicks <= account.received[link.id, default: 0])
    }
    #expect(account.answered.keys.contains { $0 == links[5].id })
    #expect(account.notices.contains { $0.contains("links that the database does not have") })
    #expect(scene.journals.isEmpty)
    try await other.close()
    await restored.close()
  }
}
