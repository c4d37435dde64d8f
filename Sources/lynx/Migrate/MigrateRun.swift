import Glibc
import Migrations
import Terminal

/// Does what `lynx migrate` was asked for and says so.
struct MigrateRun {
  let plan: MigratePlan
  let migrator: Migrator
  let progress: Progress
  private let log = MigrateLog()
  private let interruption = Interruption()

  init(plan: MigratePlan) {
    self.plan = plan
    var migrator = plan.migrator
    migrator.interruption = interruption
    self.migrator = migrator
    progress = Progress(isQuiet: plan.manner.isQuiet)
  }

  /// - Throws: `CommandError` or `CommandStopped`; where JSON is asked for, that is written before.
  func perform() throws {
    // Told before anything is changed.
    if let report = plan.report { try OutputFile.probe(report.path) }
    do throws(CommandError) {
      try act()
    } catch {
      if !log.isReported {
        let moves: [JSONValue.Member] =
          [.up, .down, .redo].contains(plan.action) && !plan.isDryRun
          ? moved(log.undone, log.applied) : []
        let failure = JSONValue.Member("error", MigrateReport.error(error, log.failure))
        // If that cannot be told as well, the sentence and the exit code tell the more important.
        try? report(moves + [failure])
      }
      guard let signal = log.signal else { throw error }
      throw CommandStopped(error: error, signal: signal)
    }
  }

  private func act() throws(CommandError) {
    if let wait = plan.wait, plan.action != .new {
      try attempt { () throws(MigrationError) in
        try administration.wait(timeout: wait, acceptsAbsence: plan.action != .wait)
      }
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
    case .wait: try answers()
    }
  }

  var administration: DatabaseAdministration { DatabaseAdministration(plan.database) }

  // MARK: Looking

  private func status() throws(CommandError) {
    let overview = try attempt { () throws(MigrationError) in try migrator.overview() }
    if plan.report != nil { return try report(overview.summary) }
    tellOfAbsence(overview)
    if plan.manner.isQuiet {
      // Errors only.
      for problem in overview.problems() {
        try StandardStream.error.write(printable(problem.message) + "\n")
      }
      return
    }
    let style = Style(plan.manner.color, for: .output)
    try StandardStream.output.write(overview.text(database: plan.database.redacted, style: style))
    for problem in overview.problems() { progress.note(problem.message) }
  }

  /// What is not there looks like what is empty, and may have been named wrongly.
  private func tellOfAbsence(_ overview: MigrationOverview) {
    guard !overview.databaseExists else { return }
    progress.note("there is no database \(plan.database) yet; lynx migrate up would make it")
  }

  private func answers() throws(CommandError) {
    let exists = try attempt { () throws(MigrationError) in try administration.exists() }
    try say(
      exists
        ? "\(plan.database) answers"
        : "the server answers, and has no database yet for \(plan.database); lynx migrate up would "
          + "make it",
      [.init("exists", .bool(exists))])
  }

  private func version() throws(CommandError) {
    let overview = try attempt { () throws(MigrationError) in try migrator.overview() }
    let version = overview.recorded.last?.version.digits
    tellOfAbsence(overview)
    for entry in overview.unfinished { progress.note("migration \(entry.title) did not finish") }
    try say(
      version ?? "0",
      [
        .init("exists", .bool(overview.databaseExists)),
        .init("version", version.map { .string($0) } ?? .null),
        .init("unfinished", .integer(Int64(overview.unfinished.count))),
      ], evenIfQuiet: true)
  }

  private func verify() throws(CommandError) {
    let overview = try attempt { () throws(MigrationError) in try migrator.overview() }
    let problems = overview.problems()
    let pending = overview.entries.filter { $0.state == .pending }
    var sentences = problems.map(\.message)
    if !overview.databaseExists {
      sentences.append("there is no database \(plan.database); make it with lynx migrate up")
    }
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
    try report(members)
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
    if plan.report != nil {
      return try report([
        .init("dry_run", true),
        .init("undone", .array(undone.map { $0.json(sql: $0.down) })),
        .init("applied", .array(applied.map { $0.json(sql: $0.up) })),
      ])
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
    var outcome: Result<(undone: [Migrator.Done], applied: [Migrator.Done]), MigrationError>?
    let progress = progress
    let signal = StopWatch.during(interruption) {
      progress.note("stopping; once more ends at once")
    } _: {
      outcome = Result { () throws(MigrationError) in
        switch plan.action {
        case .down: (try migrator.down(plan.target, expected: expected, report: tell), [])
        case .redo: try migrator.redo(steps: plan.target.steps, expected: expected, report: tell)
        default: ([], try migrator.up(plan.target, report: tell))
        }
      }
    }
    if case .failure = outcome { log.signal = signal }
    let results = try attempt {
      () throws(MigrationError) -> (undone: [Migrator.Done], applied: [Migrator.Done]) in
      try outcome?.get() ?? ([], [])
    }
    progress.finish()
    if plan.report != nil {
      try report(moved(results.undone, results.applied))
    } else if results.undone.isEmpty, results.applied.isEmpty {
      progress.note("nothing to do")
    }
  }

  private func moved(_ undone: [Migrator.Done], _ applied: [Migrator.Done]) -> [JSONValue.Member] {
    [
      .init("dry_run", false), .init("undone", .array(undone.map(\.json))),
      .init("applied", .array(applied.map(\.json))),
    ]
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
    case .applied(let done):
      log.applied.append(done)
      print("applied", done)
    case .undone(let done):
      log.undone.append(done)
      print("undid", done)
    case .notice(let text): progress.note(text)
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

  /// Writes JSON where it is asked for.
  private func report(_ members: [JSONValue.Member]) throws(CommandError) {
    try plan.report?.write(MigrateReport(plan).json(members))
    log.isReported = true
  }

  func say(
    _ text: String, _ members: [JSONValue.Member], evenIfQuiet: Bool = false
  ) throws(CommandError) {
    if plan.report != nil { return try report(members) }
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
        "\(plan.action.rawValue) would \(printable(what)); confirm it with --yes")
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
      log.failure = error
      throw CommandError(error)
    }
  }
}

/// What has happened so far, for the report of a run that fails.
private final class MigrateLog {
  var undone: [Migrator.Done] = []
  var applied: [Migrator.Done] = []
  var failure: MigrationError?
  /// The signal that stopped it.
  var signal: Int32?
  var isReported = false
}
