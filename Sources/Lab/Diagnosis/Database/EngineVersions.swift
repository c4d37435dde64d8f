internal import Glibc

/// Versions of PostgreSQL and SQLite that Lynx cannot use, or nobody should.
enum EngineVersions {
  // MARK: PostgreSQL

  /// The schema's triggers are written as PostgreSQL 11 and later understand them (EXECUTE FUNCTION).
  static let leastPostgres = 11

  /// When the last fixes of a major version come (https://www.postgresql.org/support/versioning/), as year,
  /// month and day.
  private static let lastFixes: [Int: (Int, Int, Int)] = [
    11: (2023, 11, 9), 12: (2024, 11, 21), 13: (2025, 11, 13), 14: (2026, 11, 12),
    15: (2027, 11, 11), 16: (2028, 11, 9), 17: (2029, 11, 8), 18: (2030, 11, 14),
  ]

  /// - Parameters:
  ///   - version: as libpq counts, 150018 for 15.18.
  ///   - unixSeconds: now.
  static func postgres(_ version: Int, unixSeconds: Int64) -> Finding {
    let major = version / 10_000
    let text =
      major >= 10
      ? "PostgreSQL \(major).\(version % 10_000)" : "PostgreSQL \(major).\(version / 100 % 100)"
    let remedy = Remedy(
      "sudo apt-get install -y postgresql  # then pg_upgradecluster", needsRoot: true)
    if major < leastPostgres {
      return Finding(
        .failed, "\(text), which does not understand Lynx's schema",
        expected: "PostgreSQL \(leastPostgres) or later", remedy: remedy)
    }
    if let end = lastFixes[major], end < date(unixSeconds) {
      return Finding(
        .warning, "\(text), which gets no fixes since \(end.0)-\(padded(end.1))-\(padded(end.2))",
        expected: "a version that gets fixes", remedy: remedy)
    }
    return Finding(.ok, text)
  }

  private static func date(_ unixSeconds: Int64) -> (Int, Int, Int) {
    var time = time_t(unixSeconds)
    var fields = tm()
    gmtime_r(&time, &fields)
    return (1900 + Int(fields.tm_year), 1 + Int(fields.tm_mon), Int(fields.tm_mday))
  }

  private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  // MARK: SQLite

  /// Of 3.7.0 to 3.51.2, and mended in 3.44.6 and 3.50.7 as well: two connections that write and checkpoint a
  /// file in WAL mode at the same instant can leave a part of a transaction out of it
  /// (https://sqlite.org/wal.html#walresetbug, "The WAL-Reset Bug").
  static func hasWALResetBug(_ version: (Int, Int, Int)) -> Bool {
    if version < (3, 7, 0) || version >= (3, 51, 3) { return false }
    return switch version.1 {
    case 44: version.2 < 6
    case 50: version.2 < 7
    default: true
    }
  }

  static func sqlite(_ text: String) -> Finding {
    let parts = text.split(separator: ".").compactMap { Int($0) }
    guard parts.count >= 3 else { return Finding(.ok, "SQLite \(text)") }
    guard hasWALResetBug((parts[0], parts[1], parts[2])) else {
      return Finding(.ok, "SQLite \(text)")
    }
    return Finding(
      .warning,
      "SQLite \(text) has the WAL-reset bug by its version: two processes that write to one file at the same "
        + "instant may, rarely, damage it",
      expected:
        "3.51.3 or later, 3.50.7, 3.44.6, or a package with the fix; until then one server a file",
      remedy: Remedy(
        "let one server alone write to a file; for several: --database-url postgresql://USER@HOST/DATABASE"
      ))
  }
}
