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
    let planned = try attempt { () throws(MigrationError) in try migrator.overview().repairs() }
    if !planned.isEmpty, !plan.isDryRun {
      try confirm("\(planned.map(\.will).joined(separator: ", ")) on \(plan.database)")
    }
    let repairs =
      plan.isDryRun
      ? planned
      : try attempt { () throws(MigrationError) in
        try migrator.repair(expected: planned, report: tell)
      }
    let lines = repairs.map { plan.isDryRun ? "would \($0.will)" : $0.did }
    var members = [JSONValue.Member("repaired", .array(lines.map { .string($0) }))]
    if plan.isDryRun { members.insert(.init("dry_run", true), at: 0) }
    try say(lines.isEmpty ? "nothing to repair" : lines.joined(separator: "\n"), members)
  }

  func baseline() throws(CommandError) {
    let recorded = try attempt { () throws(MigrationError) in
      try migrator.baseline(to: plan.target.version, report: tell)
    }
    try say(
      recorded.isEmpty
        ? "nothing to record" : recorded.map { "recorded \($0.title)" }.joined(separator: "\n"),
      [.init("recorded", .array(recorded.map { $0.json() }))])
  }

  func dump() throws(CommandError) {
    let (call, schema, records) = try attempt { () throws(MigrationError) in
      let call = try migrator.postgresDump()
      return (call, call == nil ? try migrator.sqliteSchema() : "", try migrator.recordsAsSQL())
    }
    var text = Array(schema.utf8)
    if let call {
      for (name, value) in call.environment { setenv(name, value, 1) }
      text = Migrator.settled(postgresDump: try output(of: call.command))
    }
    try StandardStream.output.write(text + Array(records.utf8))
  }

  private func output(of command: [String]) throws(CommandError) -> [UInt8] {
    let program = command.first ?? ""
    let output: [UInt8]
    let status: ChildProcess.ExitStatus
    do throws(SystemCallError) {
      (output, status) = try CapturedCommand.run(command)
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
    return output
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

extension Migrator.Repair {
  fileprivate var will: String {
    switch self {
    case .acceptedChange(let title, let file): "accept the changed file of \(title) (\(file))"
    case .finished(let title): "take \(title) for finished"
    case .forgotten(let title): "forget \(title), whose file is gone"
    }
  }

  fileprivate var did: String {
    switch self {
    case .acceptedChange(let title, let file): "accepted the changed file of \(title) (\(file))"
    case .finished(let title): "took \(title) for finished"
    case .forgotten(let title): "forgot \(title), whose file is gone"
    }
  }
}
