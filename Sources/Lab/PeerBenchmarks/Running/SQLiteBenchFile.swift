import Databases
import Glibc
import Migrations
import Terminal

/// A SQLite file with the whole schema and 100 000 links, and copies of it.
struct SQLiteBenchFile {
  static let linkCount = 100_000
  private let bench: Bench
  private let seeded: String

  init(_ bench: Bench) throws(CommandError) {
    self.bench = bench
    seeded = bench.scratch("seeded.db")
    do {
      _ = try Migrator(
        database: DatabaseURL("sqlite://\(seeded)"), origin: .embedded(.sqlite)
      ).up()
      let connection = try SQLiteConnection(path: seeded)
      // The same links each time: a multiplicative hash in place of a random part.
      try connection.execute(
        """
        WITH RECURSIVE n (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x + 1 < \(Self.linkCount))
        INSERT INTO urls (short_code, original_url, created_at, created_by, updated_at)
        SELECT 1000000 + x, 'https://example.com/articles/' ||
          printf('%08x%08x', x * 2654435761 % 4294967296, x * 2246822519 % 4294967296),
          1700000000 + x, 'user ' || x % 100, 1700000000 + x FROM n;
        ANALYZE;
        PRAGMA wal_checkpoint(TRUNCATE);
        """)
    } catch {
      throw CommandError(.failed, "the SQLite file could not be set up: \(error)")
    }
  }

  /// The path of a fresh copy, the one before it gone.
  func copy() throws(CommandError) -> String {
    let path = bench.scratch("copy.db")
    for end in ["", "-wal", "-shm"] { unlink(path + end) }
    try bench.mustRun(["cp", seeded, path], within: 60)
    // Nothing of the copy is left to be written while it is measured.
    try bench.mustRun(["sync", path], within: 60)
    return path
  }

  static func count(_ path: String) throws(CommandError) -> Int {
    do {
      let connection = try SQLiteConnection(path: path)
      let statement = try connection.prepare("SELECT count(*) FROM urls")
      guard try statement.step() else { return 0 }
      return Int(statement.int64(at: 0) ?? 0)
    } catch {
      throw CommandError(.failed, "\(error)")
    }
  }
}
