import Diagnosis
import LinuxSystem
import Terminal

/// Looks, tells, and mends what it may.
struct DoctorRun {
  let plan: DoctorPlan

  func perform() throws {
    let style = Style(plan.manner.color, for: .output)
    if plan.onlyLists {
      if let destination = plan.report {
        try destination.write(DoctorReport.listJSON(plan.checks))
      } else {
        try StandardStream.output.write(DoctorReport.list(plan.checks, style: style))
      }
      return
    }
    if let report = plan.report { try OutputFile.probe(report.path) }
    var results = try look(plan.checks, style)
    if plan.fixes { results = try mend(results, style) }
    if let destination = plan.report {
      try destination.write(DoctorReport.json(results))
    } else {
      let report = DoctorReport([], style: style, manner: plan.manner)
      try StandardStream.output.write(report.closing(results))
    }
    let isBad = results.contains {
      $0.finding.status == .failed || (plan.isStrict && $0.finding.status == .warning)
    }
    if isBad { throw CommandEnded(status: ExitCode.failed.rawValue) }
  }

  /// Tries `checks` and tells of each as soon as it is its turn, unless a program is to read all at the end.
  private func look(_ checks: [Check], _ style: Style) throws(CommandError) -> [Diagnosis.Result] {
    var report = DoctorReport(checks, style: style, manner: plan.manner)
    var failure: CommandError?
    let diagnosis = Diagnosis.run(checks) { result in
      guard plan.report == nil, failure == nil else { return }
      do throws(CommandError) {
        try StandardStream.output.write(report.text(result))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return diagnosis.results
  }

  /// Runs the lines that change nothing but what the user owns and looks at those checks again; names the
  /// others to whoever may run them.
  private func mend(
    _ results: [Diagnosis.Result], _ style: Style
  ) throws(CommandError) -> [Diagnosis.Result] {
    var mended: Set<String> = []
    // Of one line for several checks, once is enough.
    var lines: Set<String> = []
    for result in results where result.finding.status != .ok {
      guard let remedy = result.finding.remedy, lines.insert(remedy.line).inserted else { continue }
      guard remedy.isOwn, !remedy.needsRoot else {
        try say("\(remedy.needsRoot ? "to run as root" : "left to you"): \(remedy.line)")
        continue
      }
      let outcome = run(remedy.line)
      try say("\(outcome ?? "done"): \(remedy.line)")
      if outcome == nil { mended.insert(remedy.line) }
    }
    guard !mended.isEmpty else {
      try say("nothing was changed")
      return results
    }
    // Whatever depends on what was mended, and was not well.
    let groups = Set(
      results.filter { $0.finding.remedy.map { mended.contains($0.line) } ?? false }
        .map(\.check.group))
    let unwell = Set(results.filter { $0.finding.status != .ok }.map(\.check.id))
    let again = try plan.checksAnew().filter {
      groups.contains($0.group) && unwell.contains($0.id)
    }
    if plan.report == nil, !plan.manner.isQuiet {
      try StandardStream.output.write("\nLooked at again:\n")
    }
    let news = try look(again, style)
    return results.map { result in news.first { $0.check.id == result.check.id } ?? result }
  }

  private func say(_ text: String) throws(CommandError) {
    if !plan.manner.isQuiet { try StandardStream.error.write(printable(text) + "\n") }
  }

  /// What went wrong; nil if nothing did. What the line prints goes where messages go.
  private func run(_ line: String) -> String? {
    do throws(SystemCallError) {
      let child = try ChildProcess(holding: ["/bin/sh", "-c", "exec >&2\n\(line)"])
      try child.release()
      switch try child.wait() {
      case .exited(0): return nil
      case .exited(let status): return "ended with \(status)"
      case .killed(let signal): return "killed by signal \(signal)"
      }
    } catch {
      return "not started (\(error))"
    }
  }
}
