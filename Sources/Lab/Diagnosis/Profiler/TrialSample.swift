internal import LinuxSystem
internal import Recording
internal import Sampling
internal import Synchronization

/// A recording of a thread of this process that is known to be busy: sampled, unwound and named as any other.
enum TrialSample {
  private static let duration = Duration.milliseconds(200)

  static func take(_ grants: Grants) -> Finding {
    guard grants.counter != nil else { return .withoutEvents }
    let expected = "stacks that begin where the thread does, with the functions' names"
    guard let busy = BusyThread() else {
      return Finding(.failed, "no thread could be started", expected: expected)
    }
    defer { busy.end() }
    // What the kernel allows is another check's to tell.
    let allowed = readText("/proc/sys/kernel/perf_event_max_sample_rate").flatMap { Int($0) }
    let frequency = max(1, min(997, allowed ?? 997))
    do {
      var options = RecordingOptions(
        target: .threads([busy.id]), sampling: SamplingSettings(frequency: frequency),
        duration: duration)
      options.interruption = .wakeUp(try WakeUp())
      let recording = try Recording(options)
      _ = try recording.run { _ in }
      return judge(recording.result(), expected: expected)
    } catch let error as RecordingError {
      guard case .sampling(.refused(let refusal)) = error else {
        return Finding(.failed, "it could not be taken: \(error)", expected: expected)
      }
      return Finding(.failed, refusal.reason, expected: expected, remedy: Remedy(refusal))
    } catch {
      return Finding(.failed, "it could not be taken: \(error)", expected: expected)
    }
  }

  static func judge(_ result: Recording.Result, expected: String) -> Finding {
    let summary = result.summary
    guard summary.samples > 0 else {
      return Finding(.failed, result.emptyReason ?? "no samples", expected: expected)
    }
    let named = 100 - summary.unresolvedPercent
    let text =
      "\(summary.samples) samples of \(summary.event) in 0.2 s, \(percent(summary.rootedPercent)) of the"
      + " stacks whole, \(percent(named)) of their functions named"
    let hasOwnName = result.profile.functions.contains { $0.name.contains(BusyThread.function) }
    if hasOwnName, summary.rootedPercent >= 99, named >= 99 { return Finding(.ok, text) }
    guard let worst = summary.unresolved.first else {
      return Finding(.warning, text, expected: expected)
    }
    let isLibrary = worst.module.contains("libc.so") || worst.module.contains("libc-")
    return Finding(
      .warning, "\(text); worst: \(worst.module), \(worst.reason)", expected: expected,
      remedy: isLibrary
        ? Remedy("sudo apt-get install libc6-dbg   # on Debian and Ubuntu", needsRoot: true)
        : nil)
  }

  private static func percent(_ share: Double) -> String {
    share >= 99.95 ? "100%" : "\(Double(Int(share * 10)) / 10)%"
  }
}

/// A thread that counts until it is told to end.
private final class BusyThread: Sendable {
  /// What its innermost function is called.
  static let function = "spinForTrialSample"

  let id: ProcessID
  private let flag: Flag

  private final class Flag: Sendable {
    let isOver = Atomic(false)
    let id = Atomic<Int32>(0)
  }

  init?() {
    let flag = Flag()
    guard let started = try? WakeUp(),
      WorkerThread.start({
        flag.id.store(Processes.ownThread, ordering: .releasing)
        started.signal()
        Self.work(flag)
      })
    else { return nil }
    _ = waitForReadable([started.descriptor], timeoutMilliseconds: 1_000)
    self.flag = flag
    id = flag.id.load(ordering: .acquiring)
    if id == 0 {
      end()
      return nil
    }
  }

  func end() { flag.isOver.store(true, ordering: .relaxed) }

  @inline(never)
  private static func work(_ flag: Flag) {
    var sum: UInt64 = 1
    while !flag.isOver.load(ordering: .relaxed) { sum = spinForTrialSample(sum) }
    // Used, so that it is computed.
    if sum == 0 { flag.id.store(0, ordering: .relaxed) }
  }

  @inline(never)
  private static func spinForTrialSample(_ seed: UInt64) -> UInt64 {
    var state = seed
    for _ in 0..<100_000 { state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
    return state
  }
}
