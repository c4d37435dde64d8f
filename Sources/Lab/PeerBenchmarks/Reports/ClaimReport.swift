import Terminal

/// What measuring a claim gave.
struct ClaimReport {
  var name: String
  /// What was run, as it was typed but for process ids and paths of scratch files.
  var commands: [[String]] = []
  var series: [Series] = []
  var ratios: [Ratio] = []
  var requirements: [Requirement] = []
  /// What one has to know to read the figures.
  var notes: [String] = []

  init(_ name: String) {
    self.name = name
  }

  var isMissed: Bool { requirements.contains { $0.verdict == .missed && !$0.isAim } }

  var text: String {
    var lines = ["== \(name)"]
    lines += commands.map { "$ " + $0.map(shellWord).joined(separator: " ") }
    lines += Self.table("figure", "runs", series.map(\.cells))
    if !ratios.isEmpty { lines += Self.table("ratio", "pairs", ratios.map(\.cells)) }
    lines += requirements.map(\.line)
    lines += notes.map { "note: \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func table(_ first: String, _ second: String, _ rows: [[String]]) -> [String] {
    var table = Table([
      .init(first), .init(second, .right), .init("median", .right), .init("min – max"),
      .init("95 % interval of the median"),
    ])
    for row in rows { table.append(row) }
    return table.lines()
  }

  var json: JSONValue {
    [
      "name": .string(name),
      "commands": .array(commands.map { .array($0.map { .string($0) }) }),
      "series": .array(series.map(\.json)), "ratios": .array(ratios.map(\.json)),
      "requirements": .array(requirements.map(\.json)),
      "notes": .array(notes.map { .string($0) }),
    ]
  }
}

/// `word` as a shell reads it.
private func shellWord(_ word: String) -> String {
  let isPlain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./:=,+%".contains($0) }
  return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
}
