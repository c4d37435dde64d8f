import Glibc
import Migrations
import Terminal

/// Does what `lynx migrate` was asked for and says so.
struct MigrateRun {
  let plan: MigratePlan
  let migrator: Migrator
  let progress: Progress

  init(plan: MigratePlan) {
    self.plan = plan
    migrator = plan.migrator
    progress = Progress(isQuiet: plan.manner.isQuiet)
  }

  func perform() throws(CommandError) {
    do throws(MigrationError) {
      if let wait = plan.wait, plan.action != .new {
        try administration.wait(timeout: wait, acceptsAbsence: plan.action != .wait)
      }
    } catch {
      throw CommandError(error)
    }
    switch plan.action {
    case .status: try status()
    case .version: try version()
    case .verify: try verify()
    case .up, .down, .redo: try plan.isDryRun ? preview() : move()
    case .new: try new()
    case .repair: try repair()
    case .baseline: try baseline()
    case .dump: try dump()
    case .create, .drop: try createOrDrop()
    case .wait: try say("\(plan.database) answers", [])
    }
  }

  var administration: DatabaseAdministration { DatabaseAdministration(plan.database) }

  // MARK: Looking

  private func status() throws(CommandError) {
    let overview = try attempt { () throws(MigrationError) in try migrator.overview() }
    if let report = plan.report {
      return try report.write(MigrateReport(plan).json(overview.summary))
    }
    let style = Style(plan.manner.color, for: .output)
    try StandardStream.output.write(overview.text(database: plan.database.redacted, style: style))
    for problem in overview.problems() { progress.note(problem.message) }
  }

  private func version() throws(CommandError) {
    let overview = try attempt { () throws(MigrationError) in try migrator.overview() }
    let version = overview.recorded.last?.version.digits
    try say(
      version ?? "0", [.init("version", version.map { .string($0) } ?? .null)], evenIfQuiet: true)
  }

  private func verify() throws(CommandError) {
    let overview = try attempt { () throws(MigrationError) in try migrator.overview() }
    let problems = overview.problems()
    let pending = overview.entries.filter { $0.state == .pending }
    var sentences = problems.map(\.message)
    if let first = pending.first {
      sentences.append(
        "\(pending.count == 1 ? "a migration is" : "\(pending.count) migrations are") pending, from "
          + "\(first.title) on; apply with lynx migrate up")
    }
    let members =
      overview.summary + [
        .init("ok", .bool(sentences.isEmpty)),
        .init("problems", .array(sentences.map { .string($0) })),
      ]
    guard let first = sentences.first else {
      return try say("\(plan.database) is as the migrations say", members)
    }
    try plan.report?.write(MigrateReport(plan).json(members))
    for sentence in sentences.dropFirst() { progress.note(sentence) }
    throw CommandError(.failed, first)
  }

  // MARK: Going up and down

  private func preview() throws(CommandError) {
    let (undone, applied) = try attempt {
      () throws(MigrationError) -> ([Migration], [Migration]) in
      let overview = try migrator.overview()
      switch plan.action {
      case .down: return (try overview.toUndo(plan.target), [])
      case .redo:
        let undone = try overview.toUndo(plan.target)
        return (undone, undone.reversed())
      default:
        return (
          [], try overview.toApply(plan.target, acceptingOutOfOrder: plan.acceptsOutOfOrder)
        )
      }
    }
    if let report = plan.report {
      return try report.write(
        MigrateReport(plan).json([
          .init("dry_run", true),
          .init("undone", .array(undone.map(\.json))),
          .init("applied", .array(applied.map(\.json))),
        ]))
    }
    let scripts =
      undone.compactMap { migration in migration.down.map { ("undo ", migration, $0) } }
      + applied.map { ("", $0, $0.up) }
    for (prefix, migration, script) in scripts {
      let manner = script.isTransactional ? "" : ", without a transaction"
      try StandardStream.output.write(
        printable("-- \(prefix)\(migration.title) (\(script.file)\(manner))") + "\n")
      try StandardStream.output.write(script.text + (script.text.last == 0x0A ? [] : [0x0A]))
    }
    if scripts.isEmpty { progress.note("nothing to do") }
  }

  private func move() throws(CommandError) {
    var expected: [MigrationVersion] = []
    if plan.action != .up {
      let undone = try attempt { () throws(MigrationError) in
        try migrator.overview().toUndo(plan.target)
      }
      expected = undone.map(\.version)
      if !undone.isEmpty {
        try confirm(
          "\(plan.action == .redo ? "undo and apply again" : "undo") "
            + "\(undone.map(\.title).joined(separator: ", ")) on \(plan.database)")
      }
    }
    let results = try attempt {
      () throws(MigrationError) -> (undone: [Migrator.Done], applied: [Migrator.Done]) in
      switch plan.action {
      case .down: (try migrator.down(plan.target, expected: expected, report: tell), [])
      case .redo: try migrator.redo(steps: plan.target.steps, expected: expected, report: tell)
      default: ([], try migrator.up(plan.target, report: tell))
      }
    }
    progress.finish()
    if let report = plan.report {
      try report.write(
        MigrateReport(plan).json([
          .init("dry_run", false),
          .init("undone", .array(results.undone.map(\.json))),
          .init("applied", .array(results.applied.map(\.json))),
        ]))
    } else if results.undone.isEmpty, results.applied.isEmpty {
      progress.note("nothing to do")
    }
  }

  /// Says what happens while it happens: what was done before a failure is known as well.
  func tell(_ event: Migrator.Event) {
    switch event {
    case .waiting(let holder):
      progress.note(
        "waiting for another runner\(holder.isEmpty ? "" : " (\(holder))")")
    case .createdDatabase: progress.note("created \(plan.database)")
    case .applying(let migration): begin("applying", migration, migration.up)
    case .undoing(let migration): begin("undoing", migration, migration.down)
    case .applied(let done): print("applied", done)
    case .undone(let done): print("undid", done)
    }
  }

  private func begin(_ what: String, _ migration: Migration, _ script: MigrationScript?) {
    if plan.manner.isVerbose, let script {
      progress.note("\(what) \(migration.title) (\(script.file))")
    } else {
      progress.update("\(what) \(migration.title)")
    }
  }

  private func print(_ what: String, _ done: Migrator.Done) {
    guard plan.report == nil, !plan.manner.isQuiet else { return }
    progress.finish()
    // What was done is recorded; that it cannot be told is no reason to stop halfway.
    try? StandardStream.output.write(
      printable("\(what) \(done.migration.title) in \(done.durationText)") + "\n")
  }

  // MARK: Talking

  func say(
    _ text: String, _ members: [JSONValue.Member], evenIfQuiet: Bool = false
  ) throws(CommandError) {
    if let report = plan.report {
      return try report.write(MigrateReport(plan).json(members))
    }
    guard evenIfQuiet || !plan.manner.isQuiet else { return }
    let lines = text.split(separator: "\n").map { printable($0) + "\n" }
    try StandardStream.output.write(lines.joined())
  }

  /// Asks before something is lost. Where nobody can answer, `--yes` has to.
  func confirm(_ what: String) throws(CommandError) {
    if plan.isConfirmed { return }
    guard isatty(STDIN_FILENO) == 1, StandardStream.error.isTerminal else {
      throw CommandError(
        .usage,
        "lynx migrate \(plan.action.rawValue) would \(printable(what)); confirm it with --yes")
    }
    try StandardStream.error.write(printable("This will \(what). Type yes: "))
    guard readLine(strippingNewline: true) == "yes" else {
      throw CommandError(.failed, "nothing was done, since the answer was not yes")
    }
  }

  func attempt<Result>(
    _ body: () throws(MigrationError) -> Result
  ) throws(CommandError) -> Result {
    do throws(MigrationError) {
      return try body()
    } catch {
      progress.finish()
      throw CommandError(error)
    }
  }
}
