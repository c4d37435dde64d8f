import ArgumentParser
import Terminal

/// `lynx migrate`: brings a database to where its migrations lead.
struct MigrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Keep the schema of a database: Lynx's own, or any project's with --dir.",
    usage: "lynx migrate [action] [options]",
    discussion: """
      Examples:
        lynx migrate                          what is applied, what is pending
        lynx migrate up                       create or update ./lynx.db
        lynx migrate up --database-url postgresql://lynx@db/lynx
        lynx migrate up --dry-run             print the SQL, run nothing
        lynx migrate up --dir sql --to 3      another project's, to version 3
        lynx migrate new add_users --dir sql  make the files of a new one
        lynx migrate down --dir sql           undo the last one
        lynx migrate verify                   exit 1 unless all is applied

      Actions:
      \(MigrateAction.allCases.map { "  \($0.padded)  \($0.purpose)" }.joined(separator: "\n"))

      Files are NUMBER_NAME.up.sql and .down.sql, or NUMBER_NAME.sql with
      sections -- migrate:up and -- migrate:down. Each runs in one transaction
      with its record in table lynx_migrations; write -- lynx: no-transaction
      above the first statement of one that cannot.
      down, redo, repair and drop ask first, and need --yes where nobody can
      answer.

      Exit codes: 0 done; 1 a migration failed, or files and database disagree;
      64 usage; 65 a file is not understood; 66 files are missing; 69 no
      database; 73 cannot write; 75 busy, try again; 77 not permitted; 78 bad
      setting.
      """)

  @OptionGroup var arguments: MigrateArguments

  func run() throws {
    let plan: MigratePlan
    do throws(CommandError) {
      plan = try MigratePlan(resolving: arguments)
    } catch {
      // Whoever reads JSON reads it of a refusal as well; that it cannot be written is a second
      // trouble, which says nothing of the first.
      try? arguments.report.resolved()?.write(MigrateReport.refusal(error))
      throw error
    }
    try MigrateRun(plan: plan).perform()
  }
}

/// What is typed behind `lynx migrate`.
enum MigrateAction: String, CaseIterable, Sendable {
  case status, up, down, redo, new, version, verify, repair, baseline, dump, create, drop, wait

  fileprivate var padded: String {
    rawValue + String(repeating: " ", count: max(0, 8 - rawValue.count))
  }

  var purpose: String {
    switch self {
    case .status: "list applied and pending migrations"
    case .up: "create the database if need be, apply what is pending"
    case .down: "undo the last migration, or those after --to VERSION"
    case .redo: "undo the last migration and apply it again"
    case .new: "make the files of a new migration in --dir"
    case .version: "print the version of the database; 0 if nothing is applied"
    case .verify: "exit 1 unless all is applied, unchanged and finished"
    case .repair: "accept changed, finished or removed files as they are"
    case .baseline: "record migrations as applied without running them"
    case .dump: "print the schema as SQL (PostgreSQL: by pg_dump)"
    case .create: "make the database, empty"
    case .drop: "remove the database"
    case .wait: "return when the database answers, in --wait (60s) at most"
    }
  }
}
