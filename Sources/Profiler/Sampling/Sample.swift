public import LinuxSystem

/// One moment of one thread, as the kernel recorded it. It points into the ring and is valid only
/// while it is visited.
public struct Sample {
  public let process: ProcessID
  public let thread: ProcessID
  /// CLOCK_MONOTONIC.
  public let nanoseconds: UInt64
  /// Where the CPU was; in the kernel if `inKernel`.
  public let instructionPointer: UInt64
  public let inKernel: Bool
  /// Which event made it; what a thread inherited has the number of the one it inherited from. 0
  /// if not recorded.
  public let event: UInt64
  /// What this sample stands for: nanoseconds of a clock, or events of a counter.
  public let period: UInt64
  /// The kernel's call chain, context markers (PERF_CONTEXT_*) included, innermost first.
  public let callChain: CallChain
  /// The user registers, nil if not recorded or of another word size.
  public let registers: RegisterFile?
  /// The bytes at the user stack pointer and above it that could be copied.
  public let stack: UnsafeRawBufferPointer

  /// A sequence of addresses in the ring.
  public struct CallChain: Sequence, IteratorProtocol {
    var bytes: UnsafeRawBufferPointer
    var position = 0

    public mutating func next() -> UInt64? {
      guard position + 8 <= bytes.count else { return nil }
      defer { position += 8 }
      return bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
    }

    /// PERF_CONTEXT_KERNEL and PERF_CONTEXT_USER: what follows belongs to that side.
    public static let kernelMarker = UInt64(bitPattern: -128)
    public static let userMarker = UInt64(bitPattern: -512)
    /// Every value from here on is a marker, not an address (PERF_CONTEXT_MAX).
    public static let firstMarker = UInt64(bitPattern: -4095)
  }
}

/// A change of a process that later samples are to be understood by.
public enum ProcessEvent: Sendable, Equatable {
  /// Executable memory was mapped.
  case mapped(ProcessID, FileMapping)
  /// A thread took a name; `isExec` if by becoming another program.
  case named(ProcessID, thread: ProcessID, name: String, isExec: Bool)
  /// A thread was started; of a new process if `process` is not `parent`.
  case forked(process: ProcessID, parent: ProcessID, thread: ProcessID)
  case exited(process: ProcessID, thread: ProcessID)

  /// A file (or anonymous memory) in an address space.
  public struct FileMapping: Sendable, Equatable {
    public let start: UInt64
    public let length: UInt64
    public let fileOffset: UInt64
    public let path: String
    /// As the kernel read it when the file was mapped; empty if it did not.
    public let buildID: [UInt8]

    public init(
      start: UInt64, length: UInt64, fileOffset: UInt64, path: String, buildID: [UInt8] = []
    ) {
      self.start = start
      self.length = length
      self.fileOffset = fileOffset
      self.path = path
      self.buildID = buildID
    }
  }
}

/// Sees what was recorded, in order of time.
public protocol SampleVisitor: AnyObject {
  func visit(_ sample: Sample)
  func visit(_ event: ProcessEvent)
}
