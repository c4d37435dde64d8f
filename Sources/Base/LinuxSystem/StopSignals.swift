internal import CLinuxShims
internal import Glibc

/// SIGINT, SIGTERM and, unless it is ignored as below nohup, SIGHUP as something to poll. Make one before any thread is started: the
/// signals are blocked in the thread that makes it and in the threads born of it.
public struct StopSignals: ~Copyable {
  private let numbers: [Int32]
  private let descriptor: FileDescriptor

  /// One signal that arrived.
  public struct Received: Sendable {
    public let number: Int32
    /// Whether the terminal sent it, and thereby to every process in the foreground.
    public let cameFromTerminal: Bool
  }

  public init() throws(SystemCallError) {
    // SIGINT counts even if it is ignored, as scripts have it ignored by what they start with `&`.
    numbers = lynx_signal_is_ignored(SIGHUP) ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP]
    let number = try systemCall(
      "signalfd", result: lynx_signal_descriptor(numbers, numbers.count))
    descriptor = FileDescriptor(owning: number)
  }

  /// Polls readable when a signal has arrived.
  public var pollDescriptor: Int32 { descriptor.number }

  /// The next signal that arrived, nil if there is none.
  public func next() -> Received? {
    var info = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    guard read(descriptor.number, &info, size) == size else { return nil }
    // SI_KERNEL (asm-generic/siginfo.h): sent by the kernel, here the terminal's line discipline.
    return Received(
      number: Int32(bitPattern: info.ssi_signo), cameFromTerminal: info.ssi_code == 0x80)
  }

  /// From now on these signals end the process, as if they had never been caught.
  public func restoreDefaults() {
    lynx_signal_restore(numbers, numbers.count)
  }
}
