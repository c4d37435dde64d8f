import Experiments
import LinuxSystem
import LoadResults
import LoadTesting
import Recording
import Sampling
import Terminal

/// A run of `lynx bench` with the server recorded over the same span.
struct BenchProfile {
  private let plan: BenchPlan

  init(_ plan: BenchPlan) { self.plan = plan }

  /// Loads, records, and writes what was recorded.
  func run(_ settings: LoadSettings, _ watch: BenchWatch) throws(CommandError) -> LoadResult {
    let options = RecordingOptions(
      target: .processes(settings.serverProcesses),
      sampling: SamplingSettings(frequency: plan.frequency, callGraph: .stackCopy(bytes: 16 << 10)),
      duration: settings.duration, recorder: Lynx.version)
    let experiment = ProfiledLoad(load: settings, options: options, steadyAfter: settings.warmup)
    let outcome: ProfiledLoad.Outcome
    do throws(ProfiledLoad.Failure) {
      outcome = try experiment.run { watch.update(samples: $0.samples, seconds: $0.elapsedSeconds) }
    } catch {
      switch error {
      case .load(let error): throw CommandError(error)
      case .recording(let error): throw CommandError(error)
      }
    }
    if outcome.isInterrupted { watch.noteStop() }
    var load = outcome.load
    if let reason = outcome.recording.emptyReason {
      watch.profileFailure = CommandError(.failed, "there is no profile: \(reason)")
      load.notes.append("nothing was recorded: \(reason)")
      return load
    }
    var outputs = plan.profile
    outputs?.picture.title = settings.name
    let written = outputs?.write(outcome.recording.profile)
    // The load's figures do not depend on it: they come first.
    watch.profileFailure = written?.failure
    let paths = written?.written.map(\.output.path) ?? []
    for path in paths { watch.note("wrote \(path)") }
    let summary = outcome.recording.summary
    load.notes.append(
      "the server was sampled \(NumberText.grouped(summary.samples)) times at \(summary.frequency) Hz, "
        + "\(NumberText.fixed(summary.rootedPercent, places: 1))% of stacks whole"
        + (summary.lost > 0 ? ", \(NumberText.grouped(summary.lost)) samples lost" : "")
        + (paths.isEmpty ? "" : ": \(paths.joined(separator: ", "))"))
    load.notes += summary.notes
    let layers = ServerLayers(outcome.recording.profile)
    if settings.name.hasPrefix("redirect") {
      load.notes.append("where the server's CPU time goes: \(layers.text)")
    }
    return load
  }
}
