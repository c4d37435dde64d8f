import Glibc
import LinuxSystem
import Migrations
import Terminal

/// What is done beside applying and undoing: new files, records, dumps, whole databases.
extension MigrateRun {
  func new() throws(CommandError) {
    let files = try attempt { () throws(MigrationError) in
      try MigrationTemplate.write(
        name: plan.name ?? "", in: plan.directory ?? "", now: Int64(time(nil)))
    }
    try say(
      files.joined(separator: "\n"), [.init("files", .array(files.map { .string($0) }))],
      evenIfQuiet: true)
  }

  func repair() throws(CommandError) {
    let repairs = try attempt { () throws(MigrationError) in try migrator.repair(report: tell) }
    let lines = repairs.map { repair in
      switch repair {
      case .acceptedChange(let title): "accepted the changed file of \(title)"
      case .finished(let title): "took \(title) for finished"
      case .forgotten(let title): "forgot \(title), whose file is gone"
      }
    }
    try say(
      lines.isEmpty ? "nothing to repair" : lines.joined(separator: "\n"),
      [.init("repaired", .array(lines.map { .string($0) }))])
  }

  func baseline() throws(CommandError) {
    let recorded = try attempt { () throws(MigrationError) in
      try migrator.baseline(to: plan.target.version, report: tell)
    }
    try say(
      recorded.isEmpty
        ? "nothing to record" : recorded.map { "recorded \($0.title)" }.joined(separator: "\n"),
      [.init("recorded", .array(recorded.map(\.json)))])
  }

  func dump() throws(CommandError) {
    let (call, schema, records) = try attempt { () throws(MigrationError) in
      let call = try migrator.postgresDump()
      return (call, call == nil ? try migrator.sqliteSchema() : "", try migrator.recordsAsSQL())
    }
    if let call {
      for (name, value) in call.environment { setenv(name, value, 1) }
      try run(call.command)
    }
    try StandardStream.output.write(schema + records)
  }

  private func run(_ command: [String]) throws(CommandError) {
    let program = command.first ?? ""
    let status: ChildProcess.ExitStatus
    do throws(SystemCallError) {
      let child = try ChildProcess(holding: command)
      try child.release()
      status = try child.wait()
    } catch {
      throw CommandError(
        .unavailable,
        "the schema of PostgreSQL is written by \(program), which cannot be started "
          + "(\(error.reason)); install Debian's postgresql-client or its like")
    }
    guard status == .exited(0) else {
      throw CommandError(
        .failed, "\(program) ended with \(status.shellCode), for the reason it gives above")
    }
  }

  func createOrDrop() throws(CommandError) {
    let isDrop = plan.action == .drop
    if isDrop {
      let hasLinks = try attempt { () throws(MigrationError) in try administration.hasLinks() }
      if hasLinks, !plan.isConfirmed {
        throw CommandError(
          .usage,
          "\(plan.database) holds links, which would be gone; say --yes if that is meant, "
            + "after a backup")
      }
      try confirm("drop \(plan.database) and all that is in it")
    }
    let changed = try attempt { () throws(MigrationError) in
      try isDrop ? administration.drop() : administration.create()
    }
    let text =
      isDrop
      ? changed ? "dropped \(plan.database)" : "there is no \(plan.database) to drop"
      : changed ? "created \(plan.database)" : "\(plan.database) is there already"
    try say(text, [.init(isDrop ? "dropped" : "created", .bool(changed))])
  }
}
