import Databases
import Experiments
import FlameGraphs
import LinuxSystem
import LoadResults
import LoadTesting
import Profiles
import Terminal

/// Where scenarios leave what was measured: the files that were named, a directory with a page, or a history.
struct ScenarioOutput {
  private let plan: ProfilePlan
  private var history: HistoryOutput?
  private var entries: [ExperimentPage.Entry] = []
  private var reports: [JSONValue] = []
  /// Why not all that was named could be written.
  private var failure: CommandError?

  /// Finds out before the work whether all can be written.
  init(_ plan: ProfilePlan) throws(CommandError) {
    self.plan = plan
    if let directory = plan.directory { try OutputDirectory.make(directory) }
    if let directory = plan.history {
      history = try HistoryOutput(
        directory: directory, picture: plan.outputs.picture, manner: plan.manner)
    }
    try plan.outputs.probe()
    if let report = plan.report { try OutputFile.probe(report.path) }
  }

  var isEmpty: Bool { reports.isEmpty }

  /// Writes the files of one scenario.
  mutating func write(
    _ trial: ScenarioTrial, _ profile: Profile, _ load: LoadResult, _ layers: ServerLayers,
    samples: Int64
  ) throws(CommandError) -> [ProfileOutputs.Written] {
    let name = trial.name
    let title = "lynx serve under \(name)"
    if history != nil {
      let subject = HistorySubject(scenario: trial, databaseURL: plan.databaseURL)
      return try history?.keep(profile, of: subject, load: load, title: title) ?? []
    }
    var outputs = plan.outputs
    if outputs.picture.title == FlameGraphOptions().title { outputs.picture.title = title }
    guard let directory = plan.directory else {
      // The only scenario: what was measured is told before what could not be written.
      let outcome = outputs.write(profile)
      failure = outcome.failure
      return outcome.written
    }
    // What cannot be made again comes first, lest the disk be full.
    let result = "\(name).json"
    try OutputFile.write(
      Array((LoadReport(runs: [load]).json.text + "\n").utf8), to: "\(directory)/\(result)")
    outputs.outputs = [
      try ProfileOutput(path: "\(directory)/\(name).pb.gz"),
      try ProfileOutput(path: "\(directory)/\(name).svg"),
    ]
    let written = try outputs.write(profile).get()
    entries.append(
      ExperimentPage.Entry(
        figures: RunFigures(
          name: name, samples: samples, layers: layers,
          load: RunFigures.Load(load, machine: Machine.facts)),
        picture: "\(name).svg", artifact: "\(name).pb.gz", result: result))
    return written
  }

  /// One for each scenario, behind its files.
  mutating func append(report: JSONValue) { reports.append(report) }

  /// Writes the page of all that was measured, and the report.
  mutating func finish() throws(CommandError) {
    guard !reports.isEmpty else { return }
    try history?.update()
    if let directory = plan.directory, !entries.isEmpty {
      let page = page(entries)
      try OutputFile.write(Array(page.html.utf8), to: "\(directory)/index.html")
      try OutputFile.write(Array(page.markdown.utf8), to: "\(directory)/index.md")
      if !plan.manner.isQuiet {
        try? StandardStream.error.write("wrote \(directory)/index.html\n")
      }
    }
    if let history {
      reports = reports.enumerated().map { history.added(to: $1, run: $0) }
      if !plan.manner.isQuiet, plan.report == nil {
        try? StandardStream.error.write(
          "\n" + history.text(style: Style(plan.manner.color, for: .error)))
      }
    }
    try plan.report?.write(["schema": 1, "scenarios": .array(reports)])
    if let failure { throw failure }
  }

  private func page(_ entries: [ExperimentPage.Entry]) -> ExperimentPage {
    ExperimentPage(
      title: "lynx serve under load",
      lines: [
        "\(Lynx.version); Linux \(Machine.kernelRelease), \(Machine.usableCPUCount) CPUs; "
          + "database: \(plan.databaseURL.flatMap { try? DatabaseURL($0).redacted } ?? "temporary SQLite")",
        "Server and load generator are separate processes that share the CPUs; each picture shows the "
          + "server alone, from when the load went steadily.",
      ], entries: entries)
  }
}
