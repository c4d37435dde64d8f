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

  /// Whether one has arrived that nobody has taken yet.
  public static var isPending: Bool {
    var set = sigset_t()
    guard sigpending(&set) == 0 else { return false }
    return [SIGINT, SIGTERM, SIGHUP].contains { sigismember(&set, $0) == 1 }
  }

  /// How long after the first signal another counts as the same request: `timeout` and some terminals send to
  /// a process and to its group.
  private static let echoMicroseconds: UInt32 = 300_000

  /// Soon these signals end the process, as if they had never been caught; what arrives within a third of a
  /// second is the echo of the one that came, and is taken away.
  public func restoreDefaults() {
    let numbers = numbers
    do throws(SystemCallError) {
      // A thread of its own, in which alone they are not blocked: whoever works is not held up.
      try SystemThread.start(named: "stop") {
        usleep(Self.echoMicroseconds)
        Self.takeAway(numbers)
        lynx_signal_restore(numbers, numbers.count)
        while true { pause() }
      }
    } catch {
      lynx_signal_restore(numbers, numbers.count)
    }
  }

  private static func takeAway(_ numbers: [Int32]) {
    var set = sigset_t()
    sigemptyset(&set)
    for number in numbers { sigaddset(&set, number) }
    var now = timespec()
    while sigtimedwait(&set, nil, &now) > 0 {}
  }
}
