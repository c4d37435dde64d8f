import Databases
import Glibc
import Migrations
import Terminal

/// What `lynx migrate` is to do: the command line, resolved.
struct MigratePlan {
  var action: MigrateAction
  /// Of a new migration.
  var name: String?
  var database: DatabaseURL
  var directory: String?
  var target: MigrationTarget
  var isDryRun: Bool
  var lockTimeout: Duration
  /// How long to wait for the database before anything else; nil not at all.
  var wait: Duration?
  var acceptsOutOfOrder: Bool
  var isConfirmed: Bool
  var report: ReportDestination?
  var manner: Manner

  init(
    resolving arguments: MigrateArguments,
    environment: (String) -> String? = { getenv($0).map { String(cString: $0) } }
  ) throws(CommandError) {
    var words = arguments.words[...]
    action = try words.popFirst().map(Self.action) ?? .status
    name = action == .new ? words.popFirst() : nil
    if let word = words.first {
      throw CommandError(
        .usage, "\(quoted(word)) is one word too many behind lynx migrate \(action.rawValue)")
    }
    try Self.refuseWhatWouldBeIgnored(arguments, by: action)
    if action == .new, name == nil || arguments.dir == nil {
      throw CommandError(
        .usage,
        "a new migration needs a name and a directory, as in: "
          + "lynx migrate new add_users --dir migrations")
    }
    // A new file needs no database, and a wrong name of one is no reason not to make it.
    database = try Self.database(
      arguments.databaseURL ?? (action == .new ? nil : environment("DATABASE_URL")),
      isTyped: arguments.databaseURL != nil)
    if let dir = arguments.dir, dir.isEmpty {
      throw CommandError(.usage, "--dir is empty; name the directory the migrations are in")
    }
    directory = arguments.dir
    target = MigrationTarget(version: try arguments.to.map(Self.version), steps: arguments.steps)
    isDryRun = arguments.dryRun
    lockTimeout = arguments.lockTimeout ?? .seconds(10)
    wait = arguments.wait ?? (action == .wait ? .seconds(60) : nil)
    acceptsOutOfOrder = arguments.outOfOrder
    isConfirmed = arguments.yes
    report = try arguments.report.resolved()
    manner = try arguments.general.resolved()
  }

  var migrator: Migrator {
    let dialect = database.dialect
    var migrator = Migrator(
      database: database,
      origin: directory.map { .directory($0, dialect) } ?? .embedded(dialect))
    migrator.lockTimeout = lockTimeout
    migrator.acceptsOutOfOrder = acceptsOutOfOrder
    return migrator
  }

  private static func action(_ word: String) throws(CommandError) -> MigrateAction {
    if let action = MigrateAction(rawValue: word) { return action }
    let names = MigrateAction.allCases.map(\.rawValue)
    let advice: String
    switch word {
    // What dbmate and others call it.
    case "migrate": advice = "did you mean 'up'?"
    case "rollback": advice = "did you mean 'down'?"
    case _ where !names.contains { editDistance(word, $0) <= 2 }:
      advice = "there are \(names.joined(separator: ", "))"
    default:
      let nearest = names.min { editDistance(word, $0) < editDistance(word, $1) } ?? ""
      advice = "did you mean \(quoted(nearest))?"
    }
    throw CommandError(.usage, "\(quoted(word)) is nothing lynx migrate does; \(advice)")
  }

  private static func database(
    _ text: String?, isTyped: Bool
  ) throws(CommandError) -> DatabaseURL {
    if text == "", !isTyped {
      throw CommandError(
        .config,
        "DATABASE_URL is set and empty; name a database in it, or unset it to use ./lynx.db")
    }
    do throws(DatabaseError) {
      let database = try DatabaseURL(text ?? "sqlite://./lynx.db")
      if case .sqlite(":memory:") = database.engine {
        throw DatabaseError(
          .invalidURL,
          "a database in memory is gone when the command ends; name a file: sqlite://./lynx.db")
      }
      return database
    } catch {
      throw CommandError(.config, error.message)
    }
  }

  private static func version(_ text: String) throws(CommandError) -> MigrationVersion {
    guard let version = MigrationVersion(text) else {
      throw CommandError(
        .usage, "--to takes the number of a migration, not \(quoted(text)); write for example 0003")
    }
    return version
  }

  /// An option that an action has no use for is a misunderstanding.
  private static func refuseWhatWouldBeIgnored(
    _ arguments: MigrateArguments, by action: MigrateAction
  ) throws(CommandError) {
    // --database-url, --dir and --lock-timeout say where and how for all actions, so that they can
    // be kept in a variable.
    let uses: [(name: String, isGiven: Bool, by: Set<MigrateAction>)] = [
      ("--to", arguments.to != nil, [.up, .down, .baseline]),
      ("--steps", arguments.steps != nil, [.up, .down, .redo]),
      ("--dry-run", arguments.dryRun, [.up, .down, .redo, .repair]),
      ("--wait", arguments.wait != nil, Set(MigrateAction.allCases).subtracting([.new])),
      ("--out-of-order", arguments.outOfOrder, [.up]),
      ("--yes", arguments.yes, [.down, .redo, .repair, .drop]),
      ("--json", arguments.report.json != nil, Set(MigrateAction.allCases).subtracting([.dump])),
    ]
    for use in uses where use.isGiven && !use.by.contains(action) {
      throw CommandError(
        .usage, "\(action.rawValue) has no use for \(use.name); leave it out")
    }
  }
}

extension CommandError {
  init(_ error: MigrationError) {
    let code: ExitCode =
      switch error.kind {
      case .badFile: .data
      case .missingInput: .noInput
      case .cannotWrite: .cantCreate
      case .notPermitted: .noPermission
      case .usage: .usage
      case .drift, .otherProject, .otherTool, .missingFile, .newerDatabase, .outOfOrder, .dirty,
        .failed:
        .failed
      case .interrupted, .busy: .temporary
      case .unsuitable: .config
      case .database(let kind): ExitCode(kind)
      }
    self.init(code, error.message)
  }
}
