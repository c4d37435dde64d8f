internal import Glibc
public import LinuxSystem

/// Samples of this very process by timers on its threads' CPU clocks, where the kernel refuses perf events.
///
/// A thread's stack is its user part alone. What it spends in the kernel is counted where it called it,
/// since signals arrive on the way back.
public final class TimerSession: SampleSource {
  public let event: SampledEvent
  public let initialThreads: Set<ProcessID>
  public let throttled: UInt64 = 0

  private let timers: ThreadTimers
  private let process = getpid()
  private let reason: Refusal
  private let asked: SamplingSettings
  private var executables: [Processes.MappedRegion] = []
  private var loadedObjects: UInt64 = 0
  private var nextLook: UInt64 = 0
  private var withoutTimer: Set<ProcessID> = []
  private var timerError: SystemCallError?
  private let cpuAtStart: UInt64
  private var coveredNanoseconds: UInt64 = 0
  private var usedNanoseconds: UInt64 = 0
  private var isStopped = false

  /// - Parameter reason: why there are no perf events.
  public init(
    settings: SamplingSettings, insteadOf reason: Refusal
  ) throws(SystemCallError) {
    let interval = max(
      ThreadTimers.tickNanoseconds, 1_000_000_000 / UInt64(clamping: max(1, settings.frequency)))
    let frequency = Int(1_000_000_000 / interval)
    // What all CPUs make in half a second, should this thread be late.
    let burst = min(2_048, max(64, Machine.onlineCPUs.count * frequency / 2))
    let capacity = 1 << (Int.bitWidth - (burst - 1).leadingZeroBitCount)
    timers = try ThreadTimers(
      intervalNanoseconds: interval, stackBytes: Self.stackBytes, capacity: capacity)
    event = SampledEvent(
      name: "cpu-timer", isClock: true, frequency: frequency, hasKernelFrames: false,
      countsKernelTime: true, stackBytes: Self.stackBytes)
    self.reason = reason
    asked = settings
    cpuAtStart = Clock.processCPUNanoseconds
    initialThreads = Set(Processes.threads(of: getpid()))
    look()
    for thread in initialThreads.sorted() { start(thread) }
  }

  private static let stackBytes = 16_384
  /// How often memory is looked through for what no dlopen mapped.
  private static let lookNanoseconds: UInt64 = 1_000_000_000

  public var lost: UInt64 { timers.dropped }
  public var pollDescriptors: [Int32] { [timers.pollDescriptor] }
  /// New threads are found by looking.
  public var drainMilliseconds: Int32 { 50 }

  public var notes: [String] {
    var notes = [
      "sampled by CPU timers of the process's own threads, since \(reason.reason): stacks end where"
        + " the kernel begins, and its time is counted where it was called"
    ]
    if event.frequency < asked.frequency {
      notes.append(
        "\(event.frequency) Hz instead of \(asked.frequency): these timers expire at the kernel's"
          + " tick alone")
    }
    if let timerError {
      let remedy =
        timerError.code == EAGAIN ? "; raise the limit of pending signals (ulimit -i)" : ""
      notes.append("\(withoutTimer.count) threads are not seen: \(timerError)\(remedy)")
    }
    if let coverage = coverageNote { notes.append(coverage) }
    return notes
  }

  /// Threads that block the signal never get it; those that are gone before they are found have no timer.
  private var coverageNote: String? {
    let missing = usedNanoseconds &- min(coveredNanoseconds, usedNanoseconds)
    guard missing > usedNanoseconds / 10, missing > 20 &* timers.intervalNanoseconds else {
      return nil
    }
    return
      "the samples stand for \(Self.text(coveredNanoseconds)) of \(Self.text(usedNanoseconds)) s of"
      + " CPU time: threads that block SIGPROF, or live for less than"
      + " \(drainMilliseconds) ms, are not seen"
  }

  private static func text(_ nanoseconds: UInt64) -> String {
    "\(nanoseconds / 1_000_000_000).\(nanoseconds / 100_000_000 % 10)"
  }

  public func drain(until horizon: UInt64, into visitor: some SampleVisitor) {
    var ended: [ProcessID] = []
    if !isStopped {
      // What they left in the queue is still theirs.
      ended = timers.removeEnded()
      lookAfter(visitor)
    }
    timers.take { sample in
      let period = timers.intervalNanoseconds &* UInt64(sample.periods)
      coveredNanoseconds &+= period
      visitor.visit(
        Sample(
          process: process, thread: sample.thread, nanoseconds: sample.nanoseconds,
          instructionPointer: sample.registers.programCounter, inKernel: false, event: 0,
          period: period, callChain: Sample.CallChain(bytes: .init(start: nil, count: 0)),
          registers: sample.registers, stack: sample.stack))
    }
    for thread in ended { visitor.visit(.exited(process: process, thread: thread)) }
  }

  public func stop() {
    guard !isStopped else { return }
    isStopped = true
    usedNanoseconds = Clock.processCPUNanoseconds &- cpuAtStart
    timers.stop()
  }

  /// Finds new threads and what was mapped.
  private func lookAfter(_ visitor: some SampleVisitor) {
    let known = timers.threads.union(withoutTimer)
    let threads = Processes.threads(of: process)
    let new = threads.filter { !known.contains($0) }
    if !new.isEmpty || ThreadTimers.loadedObjectsVersion != loadedObjects
      || Clock.monotonicNanoseconds >= nextLook
    {
      for region in look() {
        visitor.visit(
          .mapped(
            process,
            .init(
              start: region.start, length: region.end &- region.start,
              fileOffset: region.fileOffset, path: region.path)))
      }
    }
    for thread in new {
      visitor.visit(
        .named(
          process, thread: thread, name: Processes.name(of: process, thread: thread) ?? "",
          isExec: false))
      start(thread)
    }
    if !withoutTimer.isEmpty { withoutTimer.formIntersection(threads) }
  }

  /// Looks through the memory, and answers what is new in it to be executed.
  @discardableResult
  private func look() -> [Processes.MappedRegion] {
    // First: what is loaded meanwhile makes for another look.
    loadedObjects = ThreadTimers.loadedObjectsVersion
    nextLook = Clock.monotonicNanoseconds &+ Self.lookNanoseconds
    let regions = Processes.mappings(of: process)
    timers.noteStacks(in: regions)
    let before = executables
    executables = regions.filter(\.isExecutable)
    return executables.filter { !before.contains($0) }
  }

  private func start(_ thread: ProcessID) {
    do throws(SystemCallError) {
      try timers.start(thread: thread)
    } catch {
      // Gone already.
      if error.code == EINVAL || error.code == ESRCH { return }
      withoutTimer.insert(thread)
      timerError = error
    }
  }
}
