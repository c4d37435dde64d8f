import ArgumentParser
import Profiles
import Terminal

/// `lynx render`: profiles to pictures, tables and other formats.
struct RenderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Turn profiles into flame graphs, tables and other formats.",
    usage: "lynx render INPUT... [-o FILE]... [--top N] [--diff BASE] [options]",
    discussion: """
      Examples:
        lynx render flamegraph.pb.gz --top 20       the hottest functions, as text
        lynx render flamegraph.pb.gz -o hot.svg     draw it again
        lynx render out.folded -o out.pb.gz         from one format to another
        lynx render a.pb.gz b.pb.gz -o both.svg     several recordings in one picture
        lynx render - --format svg <in >out.svg     between pipes
        lynx render new.pb.gz --diff old.pb.gz --normalize -o diff.svg --top 20
                                                    what changed beyond noise
      """)

  @OptionGroup var arguments: RenderArguments

  func run() throws {
    let plan = try RenderPlan(resolving: arguments)
    if let comparison = plan.comparison { return try Self.compare(plan, comparison) }
    let (profile, format) = try Self.read(plan.inputs)
    try Self.requireSomethingToShow(profile)
    try plan.outputs.probe()
    let written = try plan.outputs.write(profile).get()
    let table: TopTable
    do {
      table = try TopTable(profile)
    } catch {
      throw CommandError(.data, "the profile cannot be counted: \(error)")
    }
    if let count = plan.topCount, plan.report != .standardOutput {
      try StandardStream.output.write(
        table.text(limit: count, style: Style(plan.manner.color, for: .output)))
    }
    try plan.report?.write(report(plan, format: format, table: table, written: written))
    try Self.tell(written, plan.manner)
  }

  static func tell(
    _ written: [ProfileOutputs.Written], _ manner: Manner
  ) throws(CommandError) {
    guard manner.isVerbose else { return }
    for file in written where file.output.path != "-" {
      try StandardStream.error.write(
        "wrote \(printable(file.output.path)) (\(SizeText.approximate(file.byteCount)))\n")
    }
  }

  /// The profiles of all inputs as one, and the format of the first.
  static func read(
    _ inputs: [String]
  ) throws(CommandError) -> (profile: Profile, format: ProfileFormat) {
    var merged: (profile: Profile, format: ProfileFormat)?
    for input in inputs {
      let bytes = try InputFile.read(input)
      let name = input == "-" ? "standard input" : quoted(input)
      let next: (profile: Profile, format: ProfileFormat)
      do {
        next = try ProfileReader.decode(bytes)
      } catch {
        throw CommandError(.data, "\(name) is not understood: \(error)")
      }
      guard merged != nil else {
        merged = next
        continue
      }
      guard merged?.profile.merge(next.profile) == true else {
        throw CommandError(
          .data,
          "\(name) does not count what \(quoted(inputs[0])) counts, so they cannot be one "
            + "picture; render them one by one")
      }
    }
    guard let merged else { throw RenderPlan.noInput }
    return merged
  }

  /// Refuses what could only become an empty or a senseless picture.
  private static func requireSomethingToShow(_ profile: Profile) throws(CommandError) {
    let position = profile.defaultSampleType
    var isEmpty = true
    for sample in profile.samples where sample.values.indices.contains(position) {
      if sample.values[position] < 0 {
        throw CommandError(
          .data,
          "the profile has negative counts, as the difference of two profiles has; "
            + "give one that was recorded")
      }
      if sample.values[position] > 0 { isEmpty = false }
    }
    if isEmpty {
      throw CommandError(.data, "the profile counts nothing: there are no samples to show")
    }
  }

  private func report(
    _ plan: RenderPlan, format: ProfileFormat, table: TopTable, written: [ProfileOutputs.Written]
  ) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("schema", 1),
      .init("inputs", .array(plan.inputs.map { .string($0) })),
      .init("input_format", .string(format.name)),
    ]
    members += table.summary
    members.append(.init("outputs", .array(written.map(\.json))))
    if let count = plan.topCount { members.append(.init("top", table.json(limit: count))) }
    return .object(members)
  }
}
