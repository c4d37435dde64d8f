import Experiments
import FlameGraphs
import LinuxSystem
import LoadResults
import LoadTesting
import Profiles
import Recording
import Terminal

/// `lynx profile --scenario`: a server of its own, loaded and recorded, one scenario after the other.
struct ScenarioRun {
  private let plan: ProfilePlan
  private let scenarios: [LynxScenario]
  private let progress: Progress

  /// How long a scenario is recorded if nobody says.
  private static let usualDuration = Duration.seconds(15)
  /// How long a server is loaded before anything counts: caches are full, threads are awake.
  private static let steadyAfter = Duration.seconds(2)
  private static let connections = 64

  init(_ plan: ProfilePlan, _ scenarios: [LynxScenario]) {
    self.plan = plan
    self.scenarios = scenarios
    progress = Progress(isQuiet: plan.manner.isQuiet)
  }

  func perform() throws {
    if let directory = plan.directory { try OutputDirectory.make(directory) }
    try plan.outputs.probe()
    if let report = plan.report { try OutputFile.probe(report.path) }
    // Signals are for the recording; in between they end the next one before it begins.
    let watcher = try StopWatcher()
    var entries: [ExperimentPage.Entry] = []
    var reports: [JSONValue] = []
    var isStopped = false
    var failure: (any Error)?
    for entriesInCache in [nil, 1] {
      let some = scenarios.filter { $0.cacheEntries == entriesInCache }
      if some.isEmpty || isStopped || failure != nil { continue }
      do {
        try withServer(cacheEntries: entriesInCache) { server in
          let trials = some.flatMap { ScenarioTrial.all(of: $0) }
          try seed(server, trials)
          for trial in trials {
            if isStopped || watcher.isStopWanted() {
              isStopped = true
              return
            }
            let outcome = try record(trial, server)
            isStopped = outcome.isInterrupted
            let written = try write(outcome)
            reports.append(written.report)
            if let entry = written.entry { entries.append(entry) }
          }
        }
      } catch {
        // What was recorded before is kept, with its page.
        failure = error
      }
    }
    progress.finish()
    if let directory = plan.directory, !entries.isEmpty {
      let page = page(entries)
      try OutputFile.write(Array(page.html.utf8), to: "\(directory)/index.html")
      if !plan.manner.isQuiet {
        try? StandardStream.error.write("wrote \(directory)/index.html\n")
      }
    }
    if let report = plan.report, !reports.isEmpty {
      try report.write(["schema": 1, "scenarios": .array(reports)])
    }
    if let failure { throw failure }
    if reports.isEmpty {
      throw CommandError(.failed, "stopped before anything was recorded")
    }
  }

  private func withServer(
    cacheEntries: Int?, _ body: (SpawnedServer) throws -> Void
  ) throws {
    progress.note("starting a lynx serve")
    let server: SpawnedServer
    do throws(SpawnedServer.Failure) {
      server = try SpawnedServer(
        executable: Machine.ownExecutable, databaseURL: plan.databaseURL,
        cacheEntries: cacheEntries)
    } catch {
      throw CommandError(.unavailable, "\(error)")
    }
    do {
      try body(server)
    } catch {
      _ = server.stop()
      throw error
    }
    if let complaint = server.stop() { progress.note("note: \(complaint)") }
  }

  private func seed(_ server: SpawnedServer, _ trials: [ScenarioTrial]) throws(CommandError) {
    do throws(LoadError) {
      let like = try trials[0].settings(for: server.instance)
      try server.instance.seed(for: trials, like)
    } catch {
      throw CommandError(error)
    }
  }

  private func record(
    _ trial: ScenarioTrial, _ server: SpawnedServer
  ) throws(CommandError) -> ProfiledLoad.Outcome {
    var load: LoadSettings
    do throws(LoadError) {
      load = try trial.settings(for: server.instance)
    } catch {
      throw CommandError(error)
    }
    load.connections = Self.connections
    load.threads = 1
    load.duration = nil
    load.serverProcesses = [server.processID]
    var options = plan.recordingOptions
    options.target = .processes([server.processID])
    options.duration = plan.duration ?? Self.usualDuration
    options.delay = .zero
    let experiment = ProfiledLoad(load: load, options: options, steadyAfter: Self.steadyAfter)
    progress.note("\(trial.name): load, and when it goes steadily, the recording")
    do throws(ProfiledLoad.Failure) {
      return try experiment.run { state in
        progress.update(
          "\(trial.name): \(NumberText.grouped(state.samples)) samples in "
            + "\(NumberText.fixed(state.elapsedSeconds, places: 1)) s; Ctrl-C ends and writes")
      }
    } catch {
      switch error {
      case .load(let error): throw CommandError(error)
      case .recording(let error): throw CommandError(error)
      }
    }
  }

  /// Writes one scenario's files and says what came of it.
  private func write(
    _ outcome: ProfiledLoad.Outcome
  ) throws(CommandError) -> (report: JSONValue, entry: ExperimentPage.Entry?) {
    progress.finish()
    let name = outcome.load.name
    if let reason = outcome.recording.emptyReason {
      throw CommandError(.failed, "\(name): no samples: \(reason)")
    }
    var outputs = plan.outputs
    if let directory = plan.directory {
      outputs.outputs = [
        try ProfileOutput(path: "\(directory)/\(name).svg"),
        try ProfileOutput(path: "\(directory)/\(name).pb.gz"),
      ]
    }
    if outputs.picture.title == FlameGraphOptions().title {
      outputs.picture.title = "lynx serve under \(name)"
    }
    let written = try outputs.write(outcome.recording.profile)
    var summary = outcome.recording.summary
    summary.profilerCPUSeconds = outcome.profilerCPUSeconds
    let top: TopFunctions
    do throws(ProfileFormatError) {
      top = try TopFunctions(profile: outcome.recording.profile)
    } catch {
      throw CommandError(.failed, "\(name): the profile contradicts itself: \(error)")
    }
    let report = ProfileReport(
      summary: summary,
      processingSeconds: Double(Clock.monotonicNanoseconds - outcome.stopNanoseconds) / 1e9,
      written: written, top: top,
      usesFramePointers: plan.callGraph == .fp)
    let layers = ServerLayers(outcome.recording.profile)
    if !plan.manner.isQuiet, plan.report == nil {
      let style = Style(plan.manner.color, for: .error)
      let lines =
        outcome.load.lines(style: style)
        + ["", "where the server's CPU time goes: \(layers.text)", ""]
      try? StandardStream.error.write(
        lines.joined(separator: "\n") + "\n"
          + report.text(style: style, isVerbose: plan.manner.isVerbose))
    }
    var entry: ExperimentPage.Entry?
    if let directory = plan.directory {
      let result = "\(name).json"
      try OutputFile.write(
        Array((LoadReport(runs: [outcome.load]).json.text + "\n").utf8),
        to: "\(directory)/\(result)")
      entry = ExperimentPage.Entry(
        load: outcome.load, layers: layers, samples: summary.samples, picture: "\(name).svg",
        artifact: "\(name).pb.gz", result: result)
    }
    let json: JSONValue = [
      "load": outcome.load.json, "profile": report.json,
      "layers": .object(
        layers.shares.map {
          .init($0.layer.rawValue, .number(($0.share * 10_000).rounded() / 10_000))
        }),
    ]
    return (json, entry)
  }

  private func page(_ entries: [ExperimentPage.Entry]) -> ExperimentPage {
    ExperimentPage(
      title: "lynx serve under load",
      lines: [
        "\(Lynx.version); Linux \(Machine.kernelRelease), \(Machine.usableCPUCount) CPUs; "
          + "database: \(plan.databaseURL.map { _ in "as given" } ?? "temporary SQLite")",
        "Server and load generator are separate processes that share the CPUs; each picture shows the "
          + "server alone, from when the load went steadily.",
      ], entries: entries)
  }
}
