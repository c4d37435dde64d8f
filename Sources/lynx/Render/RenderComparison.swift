import FlameGraphs
import Profiles
import Symbols
import Terminal

extension RenderCommand {
  /// `lynx render INPUT --diff BASE`.
  static func compare(
    _ plan: RenderPlan, _ wanted: RenderPlan.Comparison
  ) throws(CommandError) {
    let (input, inputFormat) = try read(plan.inputs)
    let (base, baseFormat) = try read([wanted.base])
    let (inputName, baseName) = (name(plan.inputs), name([wanted.base]))
    let counted = try count(input, inputName)
    let countedBase = try count(base, baseName)
    let comparison: ProfileComparison
    let changes: FunctionChanges
    do {
      comparison = try ProfileComparison(
        new: wanted.isNegated ? countedBase : counted,
        base: wanted.isNegated ? counted : countedBase, isNormalized: wanted.isNormalized)
      changes = try FunctionChanges(comparison)
    } catch {
      throw CommandError(.data, "\(inputName) cannot be compared with \(baseName): \(error)")
    }
    try plan.outputs.probe()
    let notes =
      [(inputName, counted), (baseName, countedBase)].compactMap { name, profile in
        profile.counts.assumption.map { "in \(name) \($0)" }
      } + comparison.notes
    if !plan.manner.isQuiet {
      for note in notes { try StandardStream.error.write("note: \(note)\n") }
    }

    let table = ChangeTable(changes, of: comparison)
    var picture = plan.outputs.picture
    picture.describe = { Demangling.signature($0.systemName) }
    if picture.subtitle == nil {
      let (new, old) = wanted.isNegated ? (baseName, inputName) : (inputName, baseName)
      picture.subtitle = "\(new) against \(old)"
    }
    let written = try plan.outputs.write { format in
      switch format {
      case .svg:
        FlameGraph(
          comparison: comparison, widths: wanted.isNegated ? .base : .new, reverse: picture.reverse
        ).svg(picture)
      case .txt, .folded, .pprof: Array(table.text(limit: nil, style: nil).utf8)
      }
    }.get()
    if let count = plan.topCount, plan.report != .standardOutput {
      try StandardStream.output.write(
        table.text(limit: count, style: Style(plan.manner.color, for: .output)))
    }
    try plan.report?.write(
      .object(
        [
          .init("schema", 1),
          .init("inputs", .array(plan.inputs.map { .string($0) })),
          .init("input_format", .string(inputFormat.name)),
          .init("base", .string(wanted.base)),
          .init("base_format", .string(baseFormat.name)),
          .init("negated", .bool(wanted.isNegated)),
        ] + table.summary + [
          .init("notes", .array(notes.map { .string($0) })),
          .init("outputs", .array(written.map(\.json))),
          .init("changes", table.json(limit: plan.topCount)),
        ]))
    try tell(written, plan.manner)
  }

  private static func name(_ inputs: [String]) -> String {
    let names = inputs.map { $0 == "-" ? "standard input" : quoted($0) }
    return names.count < 3 ? names.joined(separator: " and ") : "\(names[0]) and others"
  }

  private static func count(
    _ profile: Profile, _ name: String
  ) throws(CommandError) -> CountedProfile {
    do {
      return try CountedProfile(profile)
    } catch {
      throw CommandError(.data, "\(name) cannot be compared: \(error)")
    }
  }
}
