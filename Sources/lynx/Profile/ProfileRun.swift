import Experiments
import Glibc
import LinuxSystem
import Profiles
import Recording
import Sampling
import Terminal

/// Records what `plan` says and writes what it asks for.
func runProfile(_ plan: ProfilePlan) throws {
  switch plan.target {
  case .scenarios(let scenarios): return try ScenarioRun(plan, scenarios).perform()
  case .server: return try runProfile(ofServerFor: plan)
  default: break
  }
  try plan.outputs.probe()
  if let report = plan.report { try OutputFile.probe(report.path) }
  var history: HistoryOutput?
  if let directory = plan.history {
    history = try HistoryOutput(
      directory: directory, picture: plan.outputs.picture, manner: plan.manner)
  }
  let subject = history.map { _ in HistorySubject(plan.target) }
  let recording: Recording
  do throws(RecordingError) {
    recording = try Recording(plan.recordingOptions)
  } catch {
    throw CommandError(error)
  }
  let progress = Progress(isQuiet: plan.manner.isQuiet)
  let showsProgress = !plan.sharesTerminal
  for note in recording.notes { progress.note("note: \(note)") }
  let ending: Recording.Ending
  do throws(RecordingError) {
    ending = try recording.run { state in
      guard showsProgress else { return }
      progress.update(
        "\(NumberText.grouped(state.samples)) samples of \(recording.eventName) in "
          + "\(NumberText.fixed(state.elapsedSeconds, places: 1)) s"
          + (state.lost > 0 ? ", \(NumberText.grouped(state.lost)) lost" : "")
          + "; Ctrl-C ends and writes")
    }
  } catch {
    progress.finish()
    throw CommandError(error)
  }
  progress.finish()

  let result = recording.result()
  if let reason = result.emptyReason {
    let exit = recording.waitForCommand { progress.note("note: \($0)") }
    let error = CommandError(.failed, "no samples: \(reason)")
    // A command that failed says more than that it failed too early to be seen.
    guard ending == .targetEnded, let exit, exit.shellCode != 0 else { throw error }
    progress.note("lynx profile: \(error.message)")
    throw CommandEnded(status: exit.shellCode)
  }
  for note in result.summary.notes where !recording.notes.contains(note) {
    progress.note("note: \(note)")
  }
  let outcome = plan.outputs.write(result.profile)
  var written = outcome.written
  if let subject { written += try history?.keep(result.profile, of: subject) ?? [] }
  let processing = Double(Clock.monotonicNanoseconds - recording.stopNanoseconds) / 1e9
  var summary = result.summary
  summary.profilerCPUSeconds = recording.profilerCPUSeconds
  summary.peakMemoryBytes = Processes.ownStatus?.peakMemoryBytes ?? 0
  let report = ProfileReport(
    summary: summary, processingSeconds: processing, written: written,
    top: try TopFunctions(profile: result.profile), usesFramePointers: plan.callGraph == .fp)
  let exit = recording.waitForCommand { progress.note("note: \($0)") }
  // What was recorded is kept; what stands in the way of a picture or the page is told last.
  var failure = outcome.failure
  do throws(CommandError) {
    try history?.update()
  } catch {
    failure = failure ?? error
  }
  if let destination = plan.report {
    try destination.write(history?.added(to: report.json, run: 0) ?? report.json)
  } else if !plan.manner.isQuiet {
    // The outputs are in place: that nobody hears of it is no failure.
    try? StandardStream.error.write(
      report.text(style: Style(plan.manner.color, for: .error), isVerbose: plan.manner.isVerbose)
        + (history?.text(style: Style(plan.manner.color, for: .error)) ?? ""))
  }
  if let failure { throw failure }
  // The command's own status is passed on, unless it was this program that ended it.
  if ending == .targetEnded, let exit, exit.shellCode != 0 {
    throw CommandEnded(status: exit.shellCode)
  }
}

/// Records the one `lynx serve` that runs; starts and loads one if none does.
private func runProfile(ofServerFor plan: ProfilePlan) throws {
  var plan = plan
  let running = ServerAnnouncement.running()
  if plan.databaseURL != nil, !running.isEmpty {
    throw CommandError(
      .usage,
      "lynx serve runs already (pid \(running[0].pid)), and --database-url is for one that is started; "
        + "add --scenario redirect-hot to start one, or leave --database-url out")
  }
  switch running.count {
  case 0:
    plan.target = .scenarios([.redirectHot])
  case 1:
    plan.target = .processes([running[0].pid])
    if !plan.manner.isQuiet {
      try? StandardStream.error.write(
        "lynx serve runs as process \(running[0].pid), redirects at "
          + "\(running[0].redirects.joined(separator: ", ")): that is recorded\(plan.duration == nil ? " until Ctrl-C" : "")\n"
      )
    }
  default:
    throw CommandError(
      .usage, "\(running.count) lynx serve run on this machine; say which one",
      remedy: running.map {
        "lynx profile -p \($0.pid)    \($0.redirects.joined(separator: ", "))  \($0.database)"
      }.joined(separator: "\n"))
  }
  try runProfile(plan)
}

extension ProfilePlan {
  /// Whether a command writes to the terminal that a progress line would be drawn over.
  fileprivate var sharesTerminal: Bool {
    if case .command = target { return StandardStream.output.isTerminal }
    return false
  }

  var recordingOptions: RecordingOptions {
    let target: RecordingOptions.Target =
      switch self.target {
      case .processes(let list): .processes(list)
      case .threads(let list): .threads(list)
      case .command(let command): .command(command)
      // Resolved before anything is recorded.
      case .scenarios, .server: .processes([])
      }
    let stacks: Sampling.CallGraph =
      callGraph == .fp ? .framePointers : .stackCopy(bytes: stackBytes)
    let kernel: KernelSampling =
      switch self.kernel {
      case .auto: .auto
      case .yes: .yes
      case .no: .no
      }
    return RecordingOptions(
      target: target,
      sampling: SamplingSettings(frequency: frequencyHertz, callGraph: stacks, kernel: kernel),
      duration: duration, delay: delay, inlines: withInlineFrames, demangle: demangles,
      recorder: Lynx.version)
  }
}

extension CommandError {
  /// The sentence and the exit code for a recording that could not begin.
  init(_ error: RecordingError) {
    switch error {
    case .system(let error):
      self.init(.failed, "the recording cannot begin: \(error)")
    case .command(let name, let error):
      self = Self.unstartable(name, error)
    case .sampling(let error):
      self.init(error)
    }
  }

  private static func unstartable(_ name: String, _ error: SystemCallError) -> CommandError {
    if name.isEmpty {
      return CommandError(.usage, "the command behind -- is empty; write for example -- make -j8")
    }
    let program = Processes.program(named: name)
    // A folder of PATH that may not be looked into counts as refused, though nothing is there.
    if program == nil || error.code == ENOENT || error.code == ENOTDIR {
      return CommandError(
        .noInput,
        name.contains("/")
          ? "there is no \(quoted(name)) to execute, or the interpreter it names is missing"
          : "there is no command \(quoted(name)) in PATH; write ./\(name) if it lies here")
    }
    if let program, program.isDirectory {
      return CommandError(.noPermission, "\(quoted(name)) is a directory; name a program in it")
    }
    return CommandError(
      .noPermission, "\(quoted(name)) cannot be executed: \(error.reason.lowercased())",
      remedy: error.code == EACCES || error.code == EPERM
        ? "chmod +x \(quoted(program?.path ?? name))" : nil)
  }

  private init(_ error: SamplingError) {
    switch error {
    case .refused(let refusal):
      self.init(
        refusal.isPermission ? .noPermission : refusal.isBadRequest ? .usage : .failed,
        refusal.reason,
        remedy: refusal.remedies.isEmpty ? nil : refusal.remedies.joined(separator: "\n"))
    case .noSuchTarget(let id, let isThread):
      self.init(
        .unavailable,
        isThread
          ? "there is no thread \(id); ls /proc/PID/task lists those of a process"
          : "there is no process \(id); pgrep -a NAME finds one")
    case .threadNotProcess(let id, let process):
      self.init(
        .unavailable,
        "\(id) is a thread of process \(process); use --tid \(id) or --pid \(process)")
    case .targetEnded:
      self.init(.unavailable, "the target ended before it could be watched")
    }
  }
}
