internal import CLinuxShims
internal import Glibc

/// What to sample and what to write down with each sample: perf_event_open(2) without its C types.
public struct PerfEventRequest: Sendable, Equatable {
  /// What makes a sample: a clock of the CPU, or a counter of its hardware.
  public enum Counter: Sendable, Equatable {
    case cpuClock
    case cycles
    /// Makes none: an event that is there to own a ring.
    case none
  }

  /// The fields of a sample record (PERF_SAMPLE_* in linux/perf_event.h).
  public struct Fields: OptionSet, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public static let instructionPointer = Fields(rawValue: 1 << 0)
    public static let thread = Fields(rawValue: 1 << 1)
    public static let time = Fields(rawValue: 1 << 2)
    public static let callChain = Fields(rawValue: 1 << 5)
    /// Which of the events opened it belongs to, or was inherited from.
    public static let event = Fields(rawValue: 1 << 6)
    public static let period = Fields(rawValue: 1 << 8)
    public static let userRegisters = Fields(rawValue: 1 << 12)
    public static let userStack = Fields(rawValue: 1 << 13)
  }

  public var counter: Counter
  /// Samples per second of time on CPU.
  public var frequency: UInt64
  public var fields: Fields
  /// A mask of PERF_REG_* (asm/perf_regs.h).
  public var userRegisters: UInt64
  public var userStackBytes: UInt32
  /// The longest call chain the kernel may record; 0 for its default.
  public var maximumFrames: UInt16
  /// Bytes in the ring after which a reader is woken.
  public var wakeupBytes: UInt32
  /// Whether the kernel's part is left out of samples and call chains.
  public var excludeKernel: Bool
  /// Whether the user's part is left out of call chains.
  public var excludeUserCallChain: Bool
  /// Whether it starts counting at the target's next exec instead of at once.
  public var startsAtExec: Bool
  /// Whether what the thread starts is sampled as well.
  public var isInherited: Bool
  /// Whether changes of processes are recorded: mappings, names, births and ends.
  public var recordsProcesses: Bool
  /// Whether mapping records carry build-ids (Linux 5.12).
  public var recordsBuildIDs: Bool

  public init(
    counter: Counter, frequency: UInt64, fields: Fields, userRegisters: UInt64 = 0,
    userStackBytes: UInt32 = 0, maximumFrames: UInt16 = 0, wakeupBytes: UInt32 = 65_536,
    excludeKernel: Bool = false, excludeUserCallChain: Bool = false, startsAtExec: Bool = false,
    isInherited: Bool = true, recordsProcesses: Bool = true, recordsBuildIDs: Bool = true
  ) {
    self.counter = counter
    self.frequency = frequency
    self.fields = fields
    self.userRegisters = userRegisters
    self.userStackBytes = userStackBytes
    self.maximumFrames = maximumFrames
    self.wakeupBytes = wakeupBytes
    self.excludeKernel = excludeKernel
    self.excludeUserCallChain = excludeUserCallChain
    self.startsAtExec = startsAtExec
    self.isInherited = isInherited
    self.recordsProcesses = recordsProcesses
    self.recordsBuildIDs = recordsBuildIDs
  }
}

/// An open perf event of one thread (0 for the caller) on one CPU.
public struct PerfEvent: ~Copyable, Sendable {
  let descriptor: FileDescriptor

  public init(_ request: PerfEventRequest, thread: Int32, cpu: Int32) throws(SystemCallError) {
    var raw = lynx_perf_request()
    switch request.counter {
    case .cpuClock: (raw.type, raw.config) = (1, 0)  // PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK
    case .cycles: (raw.type, raw.config) = (0, 0)  // PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES
    case .none: (raw.type, raw.config) = (1, 9)  // PERF_COUNT_SW_DUMMY
    }
    raw.frequency = request.frequency
    raw.sample_type = request.fields.rawValue
    raw.user_registers = request.userRegisters
    raw.user_stack_bytes = request.userStackBytes
    raw.max_frames = request.maximumFrames
    raw.wakeup_bytes = request.wakeupBytes
    raw.inherit = request.isInherited
    raw.disabled = request.startsAtExec
    raw.enable_on_exec = request.startsAtExec
    raw.exclude_kernel = request.excludeKernel
    raw.exclude_callchain_kernel = request.excludeKernel
    raw.exclude_callchain_user = request.excludeUserCallChain
    raw.side_band = request.recordsProcesses
    raw.build_id = request.recordsProcesses && request.recordsBuildIDs
    let number = try systemCall(
      "perf_event_open", on: "thread \(thread) on CPU \(cpu)",
      result: lynx_perf_event_open(&raw, thread, cpu))
    descriptor = FileDescriptor(owning: number)
  }

  /// Sends this event's records to another event's ring; both must be bound to the same CPU.
  public func redirect(to other: borrowing PerfEvent) throws(SystemCallError) {
    try systemCall(
      "ioctl(PERF_EVENT_IOC_SET_OUTPUT)",
      result: lynx_perf_set_output(descriptor.number, other.descriptor.number))
  }

  /// Stops sampling, in inherited copies as well.
  public func disable() {
    _ = lynx_perf_disable(descriptor.number)
  }

  public var pollDescriptor: Int32 { descriptor.number }
}
