import Databases
import Foundation
import Glibc
import LinuxSystem
import Migrations
import TestSupport
import Testing

@testable import Diagnosis

@Suite("Of a SQLite database: its file, its log, its soundness, its schema")
struct SQLiteCheckTests {
  private static func find(_ check: String, _ path: String) throws -> Finding {
    try finding("database.\(check)", of: databaseChecks("sqlite://\(path)"))
  }

  private static func migrated(_ shop: Workshop, steps: Int? = nil) throws -> Migrator {
    let migrator = Migrator(
      database: try DatabaseURL("sqlite://\(shop / "lynx.db")"), origin: .embedded(.sqlite))
    _ = try migrator.up(MigrationTarget(steps: steps))
    return migrator
  }

  @Test("one that is not there yet is made by lynx serve; its directory by the line given")
  func absent() throws {
    let shop = try Workshop()
    for check in ["file", "integrity", "schema"] {
      expect(try Self.find(check, shop / "lynx.db"), .notApplicable, "not there yet")
    }
    expect(try Self.find("wal", shop / "lynx.db"), .ok)
    let missing = try Self.find("file", shop / "data/lynx.db")
    expect(missing, .failed, "is not there")
    #expect(missing.remedy?.isOwn == true)
    try run(missing.remedy)
    expect(try Self.find("file", shop / "data/lynx.db"), .notApplicable)
    #expect(try FileManager.default.contentsOfDirectory(atPath: shop.path) == ["data"])
  }

  @Test("a sound one")
  func sound() throws {
    let shop = try Workshop()
    _ = try Self.migrated(shop)
    let checks = databaseChecks("sqlite://\(shop / "lynx.db")")
    expect(try finding("database.file", of: checks), .ok, "read and written")
    expect(try finding("database.wal", of: checks), .ok, "WAL mode")
    expect(try finding("database.integrity", of: checks), .ok)
    expect(try finding("database.schema", of: checks), .ok, "0004")
    expect(try finding("database.connect", of: checks), .notApplicable)
  }

  @Test("pages that were overwritten are found, and the line given saves what is left")
  func damaged() throws {
    let shop = try Workshop()
    _ = try Self.migrated(shop)
    try shop.run(
      """
      sqlite3 lynx.db "PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO urls (short_code, original_url, created_at)
        WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        SELECT 'c' || i, 'https://example.com/' || i, i FROM n; PRAGMA wal_checkpoint(TRUNCATE);"
      """)
    expect(try Self.find("integrity", shop / "lynx.db"), .ok)
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: shop / "lynx.db"))
    for page in 60..<90 {
      try file.seek(toOffset: UInt64(page * 4096))
      try file.write(contentsOf: Data(repeating: 0xA5, count: 4096))
    }
    try file.close()
    let found = try Self.find("integrity", shop / "lynx.db")
    expect(found, .failed, "damaged")
    // It reports what it cannot read: that is no failure.
    try run(found.remedy)
    expect(try Self.find("integrity", shop / "lynx.db.recovered"), .ok)
    _ = try shop.source("text.db", String(repeating: "no database at all ", count: 100))
    expect(try Self.find("file", shop / "text.db"), .failed, "not a SQLite database")
    expect(try Self.find("integrity", shop / "text.db"), .failed)
  }

  @Test("one that may only be read")
  func permission() throws {
    let shop = try Workshop()
    _ = try Self.migrated(shop)
    try shop.run("chmod 755 . && chmod 400 lynx.db")
    try asOrdinaryUser {
      let found = try Self.find("file", shop / "lynx.db")
      expect(found, .failed)
      #expect(found.remedy?.line == "chmod u+rw \(shop / "lynx.db")")
    }
  }

  @Test("a schema that is behind, and one that is ahead")
  func schema() throws {
    let shop = try Workshop()
    let migrator = try Self.migrated(shop, steps: 1)
    let behind = try Self.find("schema", shop / "lynx.db")
    expect(behind, .failed, "pending: ", "0002", "0004")
    #expect(behind.remedy?.line == "lynx migrate up --database-url sqlite://\(shop / "lynx.db")")
    #expect(behind.remedy?.isOwn == false)
    _ = try migrator.up()
    expect(try Self.find("schema", shop / "lynx.db"), .ok)
    try shop.run("sqlite3 lynx.db 'ALTER TABLE settings RENAME TO gone'")
    expect(try Self.find("schema", shop / "lynx.db"), .failed, "not there: settings")
    try shop.run("sqlite3 lynx.db 'ALTER TABLE gone RENAME TO settings'")
    expect(try Self.find("schema", shop / "lynx.db"), .ok)
    try shop.run(
      "sqlite3 lynx.db \"INSERT INTO lynx_migrations VALUES ('9999', 'future', 'x', 0, 0, 0)\"")
    expect(try Self.find("schema", shop / "lynx.db"), .failed, "9999")
  }

  @Test(
    "versions with the WAL-reset bug, by SQLite's own list of those with and without it",
    arguments: [
      ("3.6.23", false), ("3.7.0", true), ("3.40.1", true), ("3.44.5", true), ("3.44.6", false),
      ("3.45.0", true), ("3.50.6", true), ("3.50.7", false), ("3.51.2", true), ("3.51.3", false),
      ("3.53.0", false),
    ])
  func versions(text: String, isBad: Bool) {
    expect(EngineVersions.sqlite(text), isBad ? .warning : .ok, text)
  }
}
