import Glibc
import Migrations
import Terminal

/// What `lynx migrate` reports as JSON.
struct MigrateReport {
  private let plan: MigratePlan

  init(_ plan: MigratePlan) {
    self.plan = plan
  }

  func json(_ members: [JSONValue.Member]) -> JSONValue {
    var report: [JSONValue.Member] = [
      .init("schema", 1), .init("action", .string(plan.action.rawValue)),
    ]
    if plan.action != .new { report.append(.init("database", .string(plan.database.redacted))) }
    return .object(report + members)
  }
}

extension MigrationOverview {
  /// The version and the migrations, for a report.
  var summary: [JSONValue.Member] {
    [
      .init("version", recorded.last.map { .string($0.version.digits) } ?? .null),
      .init("pending", .integer(Int64(unapplied.count))),
      .init("migrations", .array(entries.map(\.json))),
    ]
  }

  /// A table of all migrations below a line that counts them.
  func text(database: String, style: Style) -> String {
    var table = Table([
      .init("state"), .init("version", .right), .init("name"), .init("applied (UTC)"),
      .init("took", .right),
    ])
    for entry in entries {
      table.append([
        entry.state.rawValue, entry.version.digits, entry.name,
        entry.record.map { UTCText.date($0.appliedAt) } ?? "",
        entry.record.map { DurationText.format(.milliseconds($0.durationMilliseconds)) } ?? "",
      ])
    }
    var lines = table.lines(width: StandardStream.output.columns)
    if let titles = lines.first { lines[0] = style.bold(titles) }
    for (index, entry) in zip(lines.indices.dropFirst(), entries) {
      switch entry.state {
      case .applied: break
      case .pending: lines[index] = style.yellow(lines[index])
      default: lines[index] = style.red(lines[index])
      }
    }
    let count = "\(recorded.count) applied, \(unapplied.count) not"
    return ([printable("\(database): \(count)")] + lines).joined(separator: "\n") + "\n"
  }
}

extension MigrationOverview.Entry {
  fileprivate var json: JSONValue {
    [
      "version": .string(version.digits), "name": .string(name),
      "state": .string(state == .outOfOrder ? "out_of_order" : state.rawValue),
      "applied_at": record.map { .integer($0.appliedAt) } ?? .null,
      "duration_ms": record.map { .integer($0.durationMilliseconds) } ?? .null,
      "file": (migration?.up.file).map { .string($0) } ?? .null,
    ]
  }
}

extension Migration {
  var json: JSONValue {
    ["version": .string(version.digits), "name": .string(name), "file": .string(up.file)]
  }
}

extension Migrator.Done {
  private var milliseconds: Int64 {
    duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
  }

  var durationText: String { DurationText.format(.milliseconds(milliseconds)) }

  var json: JSONValue {
    [
      "version": .string(migration.version.digits), "name": .string(migration.name),
      "duration_ms": .integer(milliseconds),
    ]
  }
}

/// Points in time as people read them.
enum UTCText {
  /// `2026-01-05 09:30:00`, of seconds since 1970.
  static func date(_ seconds: Int64) -> String {
    var seconds = time_t(seconds)
    var parts = tm()
    guard gmtime_r(&seconds, &parts) != nil else { return String(seconds) }
    var buffer = [CChar](repeating: 0, count: 64)
    let count = strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M:%S", &parts)
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
