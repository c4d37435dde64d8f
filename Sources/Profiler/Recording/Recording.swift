internal import Glibc
public import LinuxSystem
internal import Modules
public import Profiles
public import Sampling
internal import Symbols

/// What to record and how.
public struct RecordingOptions: Sendable {
  public enum Target: Sendable, Equatable {
    case processes([ProcessID])
    case threads([ProcessID])
    /// A command and its arguments, started for the purpose.
    case command([String])
    /// The process that records: all its threads, those of the recording included.
    case ownProcess
  }

  /// What ends it early.
  public enum Interruption: Sendable {
    /// SIGINT and the like, which are caught from when the recording is opened.
    case signals
    /// A call from elsewhere in this process, whose signals are its own business.
    case wakeUp(WakeUp)
  }

  public var target: Target
  public var sampling: SamplingSettings
  public var interruption = Interruption.signals
  /// How long to sample; nil until the target ends or it is interrupted.
  public var duration: Duration?
  /// How long to let pass before the first sample counts.
  public var delay: Duration
  public var inlines: Bool
  public var demangle: Bool
  /// Who records, for the profile's comments: `lynx 1.2.3`.
  public var recorder: String

  public init(
    target: Target, sampling: SamplingSettings = SamplingSettings(), duration: Duration? = nil,
    delay: Duration = .zero, inlines: Bool = true, demangle: Bool = true,
    recorder: String = "lynx"
  ) {
    self.target = target
    self.sampling = sampling
    self.duration = duration
    self.delay = delay
    self.inlines = inlines
    self.demangle = demangle
    self.recorder = recorder
  }
}

/// Why a recording could not begin.
public enum RecordingError: Error, Sendable {
  case sampling(SamplingError)
  /// The command could not be started; the reason has the kernel's code.
  case command(String, SystemCallError)
  case system(SystemCallError)
}

/// One recording: opened, run until something ends it, then turned into a profile.
public final class Recording {
  /// What ended it.
  public enum Ending: Sendable, Equatable {
    case signal(Int32)
    case wakeUp
    case duration
    case targetEnded
  }

  /// How it goes, while it goes.
  public struct Progress: Sendable {
    public let samples: Int64
    public let lost: UInt64
    public let elapsedSeconds: Double
  }

  /// A profile and what there is to say of it.
  public struct Result: Sendable {
    public let profile: Profile
    public let summary: RecordingSummary
    /// Why there is nothing to see, if there is nothing.
    public let emptyReason: String?
  }

  private let options: RecordingOptions
  private let interruption: InterruptionSource
  private let child: ChildProcess?
  private let session: any SampleSource
  /// Nil once there is a result: nothing of the recording is kept beside it.
  private var collector: SampleCollector?
  private let activity: TargetActivity
  private let cpuAtStart: UInt64
  private let startNanoseconds: UInt64
  private let startWallNanoseconds: UInt64
  private var endNanoseconds: UInt64 = 0
  private var ending = Ending.targetEnded
  private var commandMayStay = false
  /// When the stop was noticed, CLOCK_MONOTONIC: processing time counts from here.
  public private(set) var stopNanoseconds: UInt64 = 0

  /// Opens everything; a command is started and held, not yet running.
  public init(_ options: RecordingOptions) throws(RecordingError) {
    self.options = options
    cpuAtStart = Clock.processCPUNanoseconds
    do throws(SystemCallError) {
      interruption = try InterruptionSource(options.interruption)
    } catch {
      throw .system(error)
    }
    let target: SamplingTarget
    switch options.target {
    case .processes(let list):
      child = nil
      target = .processes(list)
    case .threads(let list):
      child = nil
      target = .threads(list)
    case .ownProcess:
      child = nil
      target = .processes([getpid()])
    case .command(let command):
      do throws(SystemCallError) {
        let held = try ChildProcess(holding: command)
        child = held
        target = .heldChild(held.processID)
      } catch {
        throw .command(command.first ?? "", error)
      }
    }
    // Rings fill, and a target is not yet watched, while hundreds of its threads have their turns. In
    // this process they have work to do that comes before this.
    if options.target != .ownProcess { Machine.preferShortTurns() }
    let command = if case .command(let command) = options.target { command } else { [String]() }
    activity = TargetActivity(target, command: command)
    let framePointers = options.sampling.callGraph == .framePointers
    let collector = SampleCollector(store: ModuleStore(), followsFramePointers: framePointers)
    self.collector = collector
    do throws(RecordingError) {
      session = try Self.open(target, options)
    } catch {
      child?.abandon()
      throw error
    }
    if session.event.hasKernelFrames, options.target != .ownProcess {
      collector.names.prepareKernel()
    }
    for process in activity.processesToAdopt(session.initialThreads) { collector.adopt(process) }
    startNanoseconds = Clock.monotonicNanoseconds
    startWallNanoseconds = Clock.wallNanoseconds
  }

  /// Perf events; of this process timers, where those are refused and nothing is asked for that timers
  /// cannot do.
  private static func open(
    _ target: SamplingTarget, _ options: RecordingOptions
  ) throws(RecordingError) -> any SampleSource {
    let refusal: Refusal
    do throws(SamplingError) {
      return try SamplingSession(target: target, settings: options.sampling)
    } catch {
      guard case .refused(let reason) = error, options.target == .ownProcess,
        !reason.isBadRequest, options.sampling.kernel != .yes,
        options.sampling.callGraph != .framePointers
      else { throw .sampling(error) }
      refusal = reason
    }
    do throws(SystemCallError) {
      return try TimerSession(settings: options.sampling, insteadOf: refusal)
    } catch {
      throw .system(error)
    }
  }

  /// What the kernel could not grant, for a person; known before the recording runs.
  public var notes: [String] { session.notes }
  public var eventName: String { session.event.name }

  /// Records until the target ends, the duration is over or it is interrupted. A second signal
  /// ends the process as if nothing had been caught.
  public func run(progress: (Progress) -> Void) throws(RecordingError) -> Ending {
    guard let collector else { return ending }
    let delay = nanoseconds(options.delay)
    collector.beginNanoseconds = startNanoseconds &+ delay
    let deadline = options.duration.map { startNanoseconds &+ delay &+ nanoseconds($0) }
    if let child {
      do throws(SystemCallError) {
        try child.release()
      } catch {
        if case .command(let command) = options.target {
          throw .command(command.first ?? "", error)
        }
        throw .system(error)
      }
    }
    let descriptors = [interruption.pollDescriptor] + session.pollDescriptors
    let ends = activity.endDescriptors
    defer { for descriptor in ends { close(descriptor) } }
    var nextProgress = startNanoseconds
    while true {
      let now = Clock.monotonicNanoseconds
      if let deadline, now >= deadline {
        finish(.duration, at: now)
        break
      }
      let left = deadline.map { Int32(clamping: ($0 - now) / 1_000_000 + 1) } ?? 100
      let ready = waitForReadable(
        descriptors + activity.watched(ends),
        timeoutMilliseconds: min(session.drainMilliseconds, left))
      if ready.contains(0), let (ending, cameFromTerminal) = interruption.take() {
        finish(ending, at: Clock.monotonicNanoseconds)
        commandMayStay = cameFromTerminal
        if case .signal(let number) = ending, let child, !cameFromTerminal {
          child.send(signal: number)
        }
        break
      }
      if activity.hasEnded(ends, child: child, explains: collector.sampleCount == 0) {
        finish(.targetEnded, at: Clock.monotonicNanoseconds)
        break
      }
      let present = Clock.monotonicNanoseconds
      session.drain(until: present &- Self.horizonNanoseconds, into: collector)
      if present >= nextProgress {
        nextProgress = present &+ 250_000_000
        // Of this process that would be part of the picture.
        if options.target != .ownProcess { collector.prepareNames() }
        progress(
          Progress(
            samples: collector.sampleCount, lost: session.lost,
            elapsedSeconds: seconds(present &- startNanoseconds)))
      }
    }
    session.stop()
    session.drain(until: .max, into: collector)
    if options.target == .ownProcess, session.event.hasKernelFrames {
      collector.names.prepareKernel()
    }
    return ending
  }

  // A record may be stamped by one CPU before another's, and written after it.
  private static let horizonNanoseconds: UInt64 = 5_000_000

  private func finish(_ ending: Ending, at now: UInt64) {
    self.ending = ending
    stopNanoseconds = now
    endNanoseconds = now
    activity.noteEnd(child)
  }

  /// Names what was recorded. Call once, after `run`; a second call knows of no samples.
  public func result() -> Result {
    let event = session.event
    let collector = collector ?? SampleCollector(store: ModuleStore(), followsFramePointers: false)
    self.collector = nil
    var summary = RecordingSummary()
    summary.lost = session.lost
    summary.throttled = session.throttled
    summary.event = event.name
    summary.frequency = event.frequency
    summary.notes = session.notes
    let began = collector.beginNanoseconds
    summary.durationSeconds = endNanoseconds > began ? seconds(endNanoseconds - began) : 0
    let looked = collector.unwinder.cacheHits + collector.unwinder.cacheMisses
    summary.ruleCacheHitPercent =
      looked > 0 ? 100 * Double(collector.unwinder.cacheHits) / Double(looked) : 0

    let valueType: Profile.ValueType =
      event.isClock
      ? .init(type: "cpu", unit: "nanoseconds") : .init(type: "cycles", unit: "count")
    var profile = Profile(
      sampleTypes: [.init(type: "samples", unit: "count"), valueType], defaultSampleType: 1,
      startNanoseconds: Int64(clamping: startWallNanoseconds),
      durationNanoseconds: Int64(clamping: endNanoseconds &- min(began, endNanoseconds)),
      periodType: valueType,
      period: event.isClock
        ? 1_000_000_000 / Int64(max(1, event.frequency)) : 1)
    let assembly = ProfileAssembly(
      collector: collector,
      symbolizer: Symbolizer(
        sources: collector.names,
        options: .init(inlines: options.inlines, demangle: options.demangle)))
    assembly.fill(&profile, &summary)
    if event.isClock, ending == .targetEnded, options.delay == .zero,
      let note = activity.coverageNote(
        covered: profile.samples.reduce(0) { $0 &+ UInt64(clamping: $1.values[1]) },
        frequency: event.frequency, excludesKernel: !event.countsKernelTime)
    {
      summary.notes.append(note)
    }
    profile.comments = comments(summary)
    let empty =
      summary.samples == 0
      ? activity.explainEmpty(
        ending: ending, seconds: summary.durationSeconds,
        delay: seconds(nanoseconds(options.delay)),
        frequency: event.frequency, excludesKernel: !event.countsKernelTime,
        exit: child?.poll())
      : nil
    if let empty { profile.comments.append("note: no samples: \(empty)") }
    return Result(profile: profile, summary: summary, emptyReason: empty)
  }

  /// Waits for a command that was started, and says how it ended; nil if none was.
  ///
  /// One that was told to end is killed if it does not. One that the terminal told so may have
  /// reasons of its own to stay, and is waited for; `note` is called with a sentence that says so.
  public func waitForCommand(note: (String) -> Void) -> ChildProcess.ExitStatus? {
    guard let child else { return nil }
    if ending == .duration { child.send(signal: SIGTERM) }
    if ending != .targetEnded {
      let patience = commandMayStay ? Self.patienceMilliseconds / 5 : Self.patienceMilliseconds
      if let status = child.wait(milliseconds: patience) { return status }
      if commandMayStay {
        note("waiting for the command to end; Ctrl-C again leaves it alone")
      } else {
        note("the command does not end on request and is killed")
        child.send(signal: SIGKILL)
      }
    }
    return try? child.wait()
  }

  private static let patienceMilliseconds: Int32 = 5_000

  /// CPU time of this process since the recording was opened.
  public var profilerCPUSeconds: Double { seconds(Clock.processCPUNanoseconds &- cpuAtStart) }

  private var targetText: String {
    guard case .command(let command) = options.target else { return activity.description }
    return "command \(command.joined(separator: " "))"
  }

  private func comments(_ summary: RecordingSummary) -> [String] {
    var lines = [
      "recorder: \(options.recorder)", "target: \(targetText)",
      "event: \(summary.event), \(summary.frequency) Hz",
      "lost: \(summary.lost), throttled: \(summary.throttled)",
    ]
    switch options.sampling.callGraph {
    case .stackCopy:
      lines.append("call graph: dwarf, \(session.event.stackBytes) bytes of stack")
    case .framePointers:
      lines.append("call graph: frame pointers")
    }
    return lines + summary.notes.map { "note: \($0)" }
  }

  private func nanoseconds(_ duration: Duration) -> UInt64 {
    let parts = duration.components
    let whole = UInt64(clamping: parts.seconds).multipliedReportingOverflow(by: 1_000_000_000)
    if whole.overflow { return UInt64(Int64.max / 4) }
    return min(
      whole.partialValue &+ UInt64(clamping: parts.attoseconds / 1_000_000_000),
      UInt64(Int64.max / 4))
  }

  private func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }
}
