import Experiments
import LinuxSystem
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
    var output = try ScenarioOutput(plan)
    // Signals are for the recording; in between they end the next one before it begins.
    let watcher = try StopWatcher()
    var isStopped = false
    var failure: (any Error)?
    for entriesInCache in [nil, 1] {
      let some = scenarios.filter { $0.cacheEntries == entriesInCache }
      if some.isEmpty || isStopped || failure != nil { continue }
      do {
        if watcher.isStopWanted() { break }
        try withServer(cacheEntries: entriesInCache) { server in
          let trials = some.flatMap { ScenarioTrial.all(of: $0) }
          try seed(server, trials, watcher)
          for trial in trials {
            if isStopped || watcher.isStopWanted() {
              isStopped = true
              return
            }
            let outcome = try record(trial, server)
            isStopped = outcome.isInterrupted
            if isStopped, outcome.recording.emptyReason != nil {
              progress.note("\(trial.name): stopped before there was a sample")
              return
            }
            try write(outcome, of: trial, to: &output)
          }
        }
      } catch {
        // What was recorded before is kept, with its page.
        failure = error
      }
    }
    progress.finish()
    try output.finish()
    // What fails when somebody has asked for the end fails because of that.
    if let failure, !output.isEmpty || !watcher.isStopWanted() { throw failure }
    if output.isEmpty {
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
      // What became of the server may be why it failed.
      if let complaint = server.stop() { progress.note("note: \(complaint)") }
      throw error
    }
    if let complaint = server.stop() { progress.note("note: \(complaint)") }
  }

  private func seed(
    _ server: SpawnedServer, _ trials: [ScenarioTrial], _ watcher: StopWatcher
  ) throws(CommandError) {
    do throws(LoadError) {
      let like = try trials[0].settings(for: server.instance)
      try server.instance.seed(for: trials, like) { watcher.isStopWanted() }
    } catch {
      // That is seen before the first recording.
      if error.kind == .stopped { return }
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
    _ outcome: ProfiledLoad.Outcome, of trial: ScenarioTrial, to output: inout ScenarioOutput
  ) throws(CommandError) {
    progress.finish()
    let name = trial.name
    if let reason = outcome.recording.emptyReason {
      throw CommandError(.failed, "\(name): no samples: \(reason)")
    }
    let layers = ServerLayers(outcome.recording.profile)
    let written = try output.write(
      trial, outcome.recording.profile, outcome.load, layers,
      samples: outcome.recording.summary.samples)
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
    if !plan.manner.isQuiet, plan.report == nil {
      let style = Style(plan.manner.color, for: .error)
      let lines =
        outcome.load.lines(style: style)
        + ["", "where the server's CPU time goes: \(layers.text)", ""]
      try? StandardStream.error.write(
        lines.joined(separator: "\n") + "\n"
          + report.text(style: style, isVerbose: plan.manner.isVerbose))
    }
    output.append(report: [
      "load": outcome.load.json, "profile": report.json,
      "layers": .object(
        layers.shares.map {
          .init($0.layer.rawValue, .number(($0.share * 10_000).rounded() / 10_000))
        }),
    ])
  }
}
