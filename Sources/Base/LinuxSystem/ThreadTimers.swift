internal import CLinuxShims
internal import Glibc

/// Timers on the CPU clocks of this process's threads, whose signal has each thread write down where it
/// is. One at a time in a process; what uses SIGPROF otherwise is in its way.
///
/// To be used by one thread. CPU clocks are looked at by the kernel's tick alone: a timer that expired
/// several times since is one sample of several periods.
///
/// Unsafe code. The invariant: the session lives from `init` to `deinit`, and no handler knows it any
/// more from ``stop()`` on, which `deinit` sees to.
public final class ThreadTimers {
  /// Where a thread was. It points into the queue and is valid only while it is visited.
  public struct Sample {
    public let thread: ProcessID
    /// CLOCK_MONOTONIC.
    public let nanoseconds: UInt64
    /// Of the timer, each of the interval's length, that it stands for.
    public let periods: UInt32
    public let registers: RegisterFile
    /// The bytes at the stack pointer and above it; none where it is not known how far to read.
    public let stack: UnsafeRawBufferPointer
  }

  /// The threads that have a timer.
  public var threads: Set<ProcessID> { Set(timers.keys) }
  public let intervalNanoseconds: UInt64
  private let session: OpaquePointer
  private let capacity: Int
  private let wakeUp: WakeUp
  private var timers: [ProcessID: Int32] = [:]
  private var isStopped = false

  /// The shortest interval that makes sense: the kernel's tick.
  public static var tickNanoseconds: UInt64 { lynx_tick_nanoseconds() }

  /// A number that changes with each dlopen(3) and dlclose(3) of this process.
  public static var loadedObjectsVersion: UInt64 { lynx_loaded_objects_version() }

  /// - Parameters:
  ///   - stackBytes: of each sample, a multiple of 8.
  ///   - capacity: samples that may wait to be taken, a power of two.
  /// - Throws: EBUSY if there are such timers already, EEXIST if SIGPROF is somebody else's.
  public init(
    intervalNanoseconds: UInt64, stackBytes: Int, capacity: Int
  ) throws(SystemCallError) {
    self.intervalNanoseconds = intervalNanoseconds
    self.capacity = capacity
    wakeUp = try WakeUp()
    var opened: OpaquePointer?
    try systemCall(
      "sigaction", on: "SIGPROF",
      result: lynx_timer_session_open(
        UInt32(clamping: stackBytes), UInt32(clamping: capacity), wakeUp.descriptor, &opened))
    guard let opened else { throw SystemCallError(call: "sigaction", code: EINVAL) }
    session = opened
  }

  deinit {
    stop()
    lynx_timer_session_free(session)
  }

  /// Polls readable when a quarter of the queue was filled, until samples are taken.
  public var pollDescriptor: Int32 { wakeUp.descriptor }

  /// Samples that found the queue full.
  public var dropped: UInt64 { lynx_timer_session_dropped(session) }

  /// Starts the timer of a thread, or leaves the one it has.
  public func start(thread: ProcessID) throws(SystemCallError) {
    guard timers[thread] == nil, !isStopped else { return }
    timers[thread] = try systemCall(
      "timer_create", on: "thread \(thread)",
      result: lynx_thread_timer_start(thread, intervalNanoseconds))
  }

  /// Lets go of the timers whose threads ended; which they were. Their numbers may be those of others by now.
  public func removeEnded() -> [ProcessID] {
    let ended = timers.filter { !lynx_thread_timer_is_alive($0.value) }
    for (thread, timer) in ended {
      lynx_thread_timer_delete(timer)
      timers[thread] = nil
    }
    return ended.keys.sorted()
  }

  /// Tells what memory is mapped: without it no stack is read. To be called before a new thread's timer is
  /// started. What is not told as it is costs stacks, and does no harm otherwise.
  public func noteStacks(in regions: [Processes.MappedRegion]) {
    var ranges: [lynx_stack_range] = []
    var endBefore: UInt64 = 0
    for region in regions {
      defer { endBefore = region.end }
      guard region.isWritable else { continue }
      if region.path == "[stack]" {
        // It grows downwards, into what is kept free for that.
        let floor = region.end &- min(region.end, Self.firstStackBytes)
        ranges.append(
          lynx_stack_range(
            start: min(region.start, max(endBefore, floor)), end: region.end,
            is_first_thread: true))
      } else if let last = ranges.last, !last.is_first_thread, last.end == region.start {
        ranges[ranges.count - 1].end = region.end
      } else {
        ranges.append(
          lynx_stack_range(start: region.start, end: region.end, is_first_thread: false))
      }
    }
    // Without memory for it, what was told before stays.
    _ = lynx_timer_session_set_stacks(session, ranges, ranges.count)
  }

  private static let firstStackBytes: UInt64 = 8 << 20

  /// Visits what was written down since, about in order of time: no more than the queue holds, however
  /// fast it is filled meanwhile.
  public func take(_ visit: (Sample) -> Void) {
    wakeUp.clear()
    var raw = lynx_timer_sample()
    for _ in 0..<capacity where lynx_timer_session_peek(session, &raw) {
      var registers = RegisterFile()
      for number in 0..<RegisterFile.count {
        registers.values[number] = raw.registers?[number] ?? 0
      }
      visit(
        Sample(
          thread: raw.thread, nanoseconds: raw.nanoseconds, periods: raw.periods,
          registers: registers,
          stack: UnsafeRawBufferPointer(start: raw.stack, count: raw.stack_bytes)))
      lynx_timer_session_release(session)
    }
  }

  /// Ends all timers. What is in the queue can still be taken.
  public func stop() {
    if isStopped { return }
    isStopped = true
    for timer in timers.values { lynx_thread_timer_delete(timer) }
    timers = [:]
    _ = lynx_timer_session_close(session)
  }
}
