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

  /// What stood in the way before it was known what was to be done.
  static func refusal(_ error: CommandError) -> JSONValue {
    ["schema": 1, "error": Self.error(error, nil)]
  }

  /// A failure with its place; `cause` is what the library said of it.
  static func error(_ error: CommandError, _ cause: MigrationError?) -> JSONValue {
    let place = cause?.place
    func number(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }
    return [
      "kind": .string(cause?.kind.name ?? error.code.name),
      "exit_code": .integer(Int64(error.code.rawValue)), "message": .string(error.message),
      "version": place?.version.map { .string($0) } ?? .null,
      "file": place?.file.map { .string($0) } ?? .null, "line": number(place?.line),
      "column": number(place?.column), "statement": number(place?.statement),
    ]
  }
}

extension MigrationOverview {
  /// The version and the migrations, for a report.
  var summary: [JSONValue.Member] {
    [
      .init("exists", .bool(databaseExists)),
      .init("version", recorded.last.map { .string($0.version.digits) } ?? .null),
      .init("unfinished", .integer(Int64(unfinished.count))),
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
        entry.record.flatMap(\.known).map { UTCText.date($0.appliedAt) } ?? "",
        entry.record.flatMap(\.known).map {
          Migrator.Done.durationText(milliseconds: $0.durationMilliseconds)
        } ?? "",
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
    let unfinished = unfinished.isEmpty ? "" : "\(self.unfinished.count) unfinished, "
    let applied = recorded.count - self.unfinished.count
    let count = "\(applied) applied, \(unfinished)\(unapplied.count) not"
    return ([printable("\(database): \(count)")] + lines).joined(separator: "\n") + "\n"
  }
}

extension MigrationOverview.Entry {
  fileprivate var json: JSONValue {
    [
      "version": .string(version.digits), "name": .string(name),
      "state": .string(state == .outOfOrder ? "out_of_order" : state.rawValue),
      "applied_at": record.flatMap(\.known).map { .integer($0.appliedAt) } ?? .null,
      "duration_ms": record.flatMap(\.known).map { .integer($0.durationMilliseconds) } ?? .null,
      "file": (migration?.up.file).map { .string($0) } ?? .null,
    ]
  }
}

extension MigrationRecord {
  /// Nil if it came with a dump, which does not say when it was applied.
  fileprivate var known: Self? { appliedAt == 0 ? nil : self }
}

extension Migration {
  /// As it is reported, whether it was or would be applied: `milliseconds` is nil if it was not, `sql`
  /// if it was.
  func json(milliseconds: Int64? = nil, sql: MigrationScript? = nil) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("version", .string(version.digits)), .init("name", .string(name)),
      .init("file", .string(up.file)),
      .init("duration_ms", milliseconds.map { .integer($0) } ?? .null),
    ]
    if let sql {
      members.append(.init("sql", .string(String(decoding: sql.text, as: UTF8.self))))
    }
    return .object(members)
  }
}

extension Migrator.Done {
  private var milliseconds: Int64 {
    duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
  }

  var durationText: String { Self.durationText(milliseconds: milliseconds) }

  static func durationText(milliseconds: Int64) -> String {
    milliseconds < 1 ? "<1ms" : DurationText.format(.milliseconds(milliseconds))
  }

  var json: JSONValue { migration.json(milliseconds: milliseconds) }
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

extension MigrationError.Kind {
  /// As reports write it.
  fileprivate var name: String {
    switch self {
    case .badFile: "bad_file"
    case .missingInput: "missing_input"
    case .cannotWrite: "cannot_write"
    case .notPermitted: "not_permitted"
    case .usage: "usage"
    case .drift: "changed"
    case .otherProject: "other_project"
    case .otherTool: "other_tool"
    case .missingFile: "missing_file"
    case .newerDatabase: "newer_database"
    case .outOfOrder: "out_of_order"
    case .dirty: "dirty"
    case .failed: "failed"
    case .interrupted: "interrupted"
    case .busy: "busy"
    case .unsuitable: "unsuitable"
    case .database: "database"
    }
  }
}

extension Terminal.ExitCode {
  fileprivate var name: String {
    switch self {
    case .usage: "usage"
    case .config: "setting"
    case .unavailable: "unavailable"
    case .cantCreate: "cannot_write"
    default: "failed"
    }
  }
}
