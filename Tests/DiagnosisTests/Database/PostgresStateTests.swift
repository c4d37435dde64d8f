import Databases
import Foundation
import Glibc
import LinkStores
import Links
import LinuxSystem
import Migrations
import TestSupport
import Testing

@testable import Diagnosis

@Suite(
  "Rights, schema and room of a PostgreSQL database are told, and mended by the line that is given",
  .serialized)
struct PostgresStateTests {
  private let server: PostgresServer
  private let name: String
  /// A role that may do nothing but sign in.
  private let role: String

  init() throws {
    server = try PostgresServer.shared()
    name = try server.makeDatabase()
    role = "Röle \(UUID().uuidString.prefix(8).lowercased())"
    try server.psql("CREATE ROLE \"\(role)\" LOGIN")
  }

  private func find(_ check: String, as user: String = "lynx") throws -> Finding {
    // Where the server does not answer in the doctor's time, as on a machine that is busy with other tests,
    // nothing is found of what is behind it: asked again.
    var found = Finding(.notApplicable, "not asked")
    for _ in 0..<20 where found.status == .notApplicable {
      found = try finding(
        "database.\(check)",
        of: databaseChecks(server.url(user: user == "lynx" ? user : encoded, database: name)))
    }
    return found
  }

  private var encoded: String {
    role.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? role
  }

  private var migrator: Migrator {
    get throws {
      Migrator(
        database: try DatabaseURL(server.url(database: name)), origin: .embedded(.postgres))
    }
  }

  @Test("an empty database: the right to make tables, which PostgreSQL 15 gives nobody")
  func emptyDatabase() throws {
    expect(try find("rights"), .ok)
    expect(try find("schema"), .ok, "empty")
    let found = try find("rights", as: role)
    expect(found, .failed, "lacks CREATE ON SCHEMA")
    try run(found.remedy)
    expect(try find("rights", as: role), .ok)
    expect(try find("schema", as: role), .ok, "empty")
  }

  @Test("a role without rights gets by the line given what serving links takes, and no more")
  func rights() async throws {
    _ = try migrator.up()
    let found = try find("rights", as: role)
    expect(found, .failed, "urls", "api_keys", "SEQUENCE")
    try run(found.remedy)
    expect(try find("rights", as: role), .ok)
    expect(try find("schema", as: role), .ok)

    guard
      case .postgres(let conninfo) = try DatabaseURL(server.url(user: encoded, database: name))
        .engine
    else { return }
    let store = try PostgresLinkStore(conninfo: conninfo)
    try await store.advanceIDs()
    let link = try await store.create(
      NewLink(
        code: try ShortCode(custom: "rights"), destination: try Destination("https://a.example/"),
        createdBy: nil))
    _ = try await store.update(
      code: "rights", destination: try Destination("https://b.example/"), by: nil)
    let entry = try #require(try await store.history(code: "rights").first)
    _ = try await store.restore(code: "rights", entry: entry.id, by: nil)
    _ = try await store.setActive(code: "rights", false)
    _ = try await store.add(ClickBatch(id: "b", counts: [.init(linkID: link.id, clicks: 3)]))
    _ = try await store.setting("k", orSet: "v")
    _ = try await store.changes(since: 0)
    _ = try await store.links(LinkQuery())
    let key = try #require(try await store.ensureFirstKey())
    _ = try await store.revokeKey(id: key.key.id)
    #expect(try await store.counts().clicks == 3)
    await store.close()

    // Each right that is taken away is missed, and named with the table.
    for (table, privileges) in PostgresRights.tables {
      for privilege in privileges {
        try server.psql("REVOKE \(privilege) ON \(table) FROM \"\(role)\"", database: name)
        let missing = try find("rights", as: role)
        expect(missing, .failed, "\(privilege) ON \"public\".\(table)")
        try run(missing.remedy)
        expect(try find("rights", as: role), .ok)
      }
    }
  }

  @Test(
    "a schema that is behind is brought up by lynx migrate up, one that is ahead is not touched")
  func schema() throws {
    _ = try migrator.up(MigrationTarget(steps: 2))
    let behind = try find("schema")
    expect(behind, .failed, "pending: ", "0004")
    #expect(behind.remedy?.line == "lynx migrate up --database-url \(server.url(database: name))")
    _ = try migrator.up()
    expect(try find("schema"), .ok, "0004")
    try server.psql(
      "UPDATE lynx_migrations SET checksum = 'other' WHERE version LIKE '%2'", database: name)
    let drifted = try find("schema")
    expect(drifted, .failed, "changed after it was applied")
    #expect(drifted.remedy?.line.hasPrefix("lynx migrate repair ") == true)
    _ = try migrator.repair()
    expect(try find("schema"), .ok)
    try server.psql("ALTER TABLE api_keys RENAME TO gone", database: name)
    expect(try find("schema"), .failed, "not there: api_keys")
    try server.psql("ALTER TABLE gone RENAME TO api_keys", database: name)
    expect(try find("schema"), .ok)
    try server.psql(
      """
      INSERT INTO lynx_migrations (version, name, checksum, applied_at, duration_ms)
      VALUES ('9999', 'future', 'x', 0, 0)
      """, database: name)
    expect(try find("schema"), .failed, "9999", "older than the database")
  }

  @Test("tables of somebody else's")
  func foreign() throws {
    try server.psql("CREATE TABLE invoices (id int)", database: name)
    expect(try find("schema"), .failed, "invoices")
  }

  @Test("connections: none left for a role, for a database; the lines given make room")
  func connections() throws {
    let first = try find("connections")
    expect(first, .ok, "max_connections 400")
    try server.psql("ALTER ROLE \"\(role)\" CONNECTION LIMIT 3")
    let few = try find("connections", as: role)
    expect(few, .failed, "may have 3")
    try run(lynxAsSuperuser(few.remedy))
    expect(try find("connections", as: role), .ok)
    try server.psql("ALTER DATABASE \(name) CONNECTION LIMIT 4")
    // Limits do not hold for superusers, but a server is none.
    let full = try find("connections", as: role)
    expect(full, .failed, "may have 4")
    try run(full.remedy)
    expect(try find("connections", as: role), .ok)
  }

  @Test("connections of others count for a role that may not see what they do")
  func connectionsOfOthers() throws {
    let held = try (0..<5).map { _ in
      try PostgresConnection(conninfo: server.url(database: name))
    }
    let found = try find("connections", as: role)
    let used = try #require(
      found.observed.firstMatch(of: /left; (\d+) of max_connections 400 are used/)?.1)
    #expect(Int(used) ?? 0 >= held.count, "\(found)")
    withExtendedLifetime(held) {}
  }

  /// The server of the tests has its superuser under another name than PostgreSQL's own.
  private func lynxAsSuperuser(_ remedy: Remedy?) -> Remedy? {
    remedy.map { Remedy($0.line.replacing("-U postgres", with: "-U lynx")) }
  }

  @Test(
    "versions: too old, without fixes, right",
    arguments: [
      (90_624, CheckStatus.failed), (100_023, .failed), (110_022, .warning), (130_022, .warning),
      (150_018, .ok), (190_000, .ok),
    ])
  func versions(number: Int, status: CheckStatus) {
    // 2026-06-01
    expect(EngineVersions.postgres(number, unixSeconds: 1_780_272_000), status, "PostgreSQL")
  }
}
