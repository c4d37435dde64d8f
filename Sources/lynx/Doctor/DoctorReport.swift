import Diagnosis
import Terminal

/// How findings are told.
struct DoctorReport {
  let style: Style
  let manner: Manner
  private let titleWidth: Int
  private var lastGroup: CheckGroup?

  init(_ checks: [Check], style: Style, manner: Manner) {
    self.style = style
    self.manner = manner
    titleWidth = checks.map { displayWidth($0.title) }.max() ?? 0
  }

  /// The lines of one finding, below the title of its group if it is the group's first; empty if it is not to
  /// be shown.
  mutating func text(_ result: Diagnosis.Result) -> String {
    let finding = result.finding
    switch finding.status {
    case .failed, .warning: break
    case .ok where !manner.isQuiet: break
    case .notApplicable where manner.isVerbose: break
    default: return heading(of: result.check.group)
    }
    let padding = String(
      repeating: " ", count: max(0, titleWidth - displayWidth(result.check.title)))
    var text = heading(of: result.check.group)
    text +=
      "  \(mark(finding.status)) \(result.check.title)\(padding)  \(printable(finding.observed))"
    if manner.isVerbose { text += style.dim("  \(milliseconds(result.duration))") }
    text += "\n"
    guard finding.status == .failed || finding.status == .warning else { return text }
    if !finding.expected.isEmpty {
      text += style.dim("        expected: \(printable(finding.expected))") + "\n"
    }
    if let remedy = finding.remedy {
      for (index, line) in ([remedy.line] + remedy.alternatives).enumerated() {
        if index == 1 { text += style.dim("        or") + "\n" }
        text += "        \(style.bold(printable(line)))\n"
      }
    }
    return text
  }

  private mutating func heading(of group: CheckGroup) -> String {
    guard group != lastGroup, !manner.isQuiet else { return "" }
    let isFirst = lastGroup == nil
    lastGroup = group
    return (isFirst ? "" : "\n") + style.bold(group.title) + "\n"
  }

  private func mark(_ status: CheckStatus) -> String {
    switch status {
    case .ok: style.green("[✓]")
    case .warning: style.yellow("[!]")
    case .failed: style.red("[✗]")
    case .notApplicable: style.dim("[-]")
    }
  }

  private func milliseconds(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    return "\(seconds * 1_000 + attoseconds / 1_000_000_000_000_000) ms"
  }

  /// Counts, and what to do first.
  func closing(_ results: [Diagnosis.Result]) -> String {
    if manner.isQuiet { return "" }
    func count(_ status: CheckStatus) -> Int { results.count { $0.finding.status == status } }
    var parts = ["\(count(.ok)) ok"]
    let (warnings, failures) = (count(.warning), count(.failed))
    if warnings > 0 { parts.append("\(warnings) could be better") }
    if failures > 0 { parts.append("\(failures) failed") }
    if count(.notApplicable) > 0 {
      parts.append("\(count(.notApplicable)) not of this machine or not asked for")
    }
    return "\n\(style.bold(parts.joined(separator: ", ") + "."))\(first(results))\n"
  }

  private func first(_ results: [Diagnosis.Result]) -> String {
    for status in [CheckStatus.failed, .warning] {
      let bad = results.filter { $0.finding.status == status }
      guard let result = bad.first(where: { $0.finding.remedy != nil }) ?? bad.first else {
        continue
      }
      let title = printable(result.check.title)
      guard let remedy = result.finding.remedy else {
        return " First look at: \(title), \(printable(result.finding.observed))."
      }
      return " First, for \(title):\n    \(style.bold(printable(remedy.line)))"
    }
    return " Nothing to mend."
  }

  /// The report for programs.
  static func json(_ results: [Diagnosis.Result]) -> JSONValue {
    [
      "schema": 1,
      "checks": .array(
        results.map { result in
          [
            "id": .string(result.check.id), "group": .string(result.check.group.rawValue),
            "status": .string(result.finding.status.rawValue),
            "observed": .string(result.finding.observed),
            "expected": .string(result.finding.expected),
            "remedy": result.finding.remedy.map { .string($0.line) } ?? .null,
          ]
        }),
    ]
  }

  /// What would be looked at.
  static func list(_ checks: [Check], style: Style) -> String {
    var table = Table([.init("check"), .init("what is looked at")])
    for check in checks {
      table.append([check.id, check.title])
    }
    var lines = table.lines(width: StandardStream.output.columns)
    if let titles = lines.first { lines[0] = style.bold(titles) }
    return lines.joined(separator: "\n") + "\n"
  }

  static func listJSON(_ checks: [Check]) -> JSONValue {
    [
      "schema": 1,
      "checks": .array(
        checks.map { check in
          [
            "id": .string(check.id), "group": .string(check.group.rawValue),
            "title": .string(check.title),
          ]
        }),
    ]
  }
}
