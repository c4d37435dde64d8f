import Databases
import Migrations
import Terminal
import TestSupport

/// A PostgreSQL as it comes, with a database of 100 000 links.
final class BenchDatabase {
  static let linkCount = 100_000
  /// The codes are the numbers from here on: what pgbench can draw at random.
  static let firstCode = 1_000_000
  private static let seeded = "seeded"

  private let server: PostgresServer

  init() throws(CommandError) {
    do {
      server = try PostgresServer(.stock)
      try server.psql("CREATE DATABASE \(Self.seeded)")
      _ = try Migrator(
        database: DatabaseURL(server.url(database: Self.seeded)), origin: .embedded(.postgres)
      ).up()
      try server.psql(
        """
        INSERT INTO urls (short_code, original_url, created_at, created_by, updated_at)
        SELECT \(Self.firstCode) + n, 'https://example.com/articles/' || md5(n::text),
          1700000000 + n, 'user ' || n % 100, 1700000000 + n
        FROM generate_series(0, \(Self.linkCount - 1)) AS n
        """, database: Self.seeded)
      // Outside of a transaction.
      try server.psql("VACUUM (ANALYZE) urls", database: Self.seeded)
    } catch {
      throw CommandError(.failed, "PostgreSQL could not be set up: \(error)")
    }
  }

  /// A copy of its own, so that every run begins with the same.
  func copy(_ name: String) throws(CommandError) {
    do {
      try server.psql("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
      try server.psql("CREATE DATABASE \(name) TEMPLATE \(Self.seeded)")
      try server.psql("CHECKPOINT")
    } catch {
      throw CommandError(.failed, "the database could not be copied: \(error)")
    }
  }

  /// Over a socket of this machine.
  func url(_ name: String) -> String { server.socketURL(database: name) }

  /// What libpq takes.
  func conninfo(_ name: String) throws(CommandError) -> String {
    do {
      guard case .postgres(let conninfo) = try DatabaseURL(url(name)).engine else { return "" }
      return conninfo
    } catch {
      throw CommandError(.failed, "\(error)")
    }
  }

  func count(_ name: String) throws(CommandError) -> Int {
    do {
      let text = try server.psql("SELECT count(*) FROM urls", database: name)
      return Int(text.filter(\.isNumber)) ?? 0
    } catch {
      throw CommandError(.failed, "\(error)")
    }
  }

  /// As when power fails.
  func kill() throws(CommandError) { try perform { try server.kill() } }

  /// As an administrator does it.
  func stop() throws(CommandError) { try perform { try server.stop("fast") } }

  /// Starts it again; the moment it let the first session in.
  func startNoticingReadiness() throws(CommandError) -> UInt64 {
    try perform { try server.startNoticingReadiness() }
  }

  private func perform<Result>(_ body: () throws -> Result) throws(CommandError) -> Result {
    do { return try body() } catch { throw CommandError(.failed, "PostgreSQL: \(error)") }
  }
}
