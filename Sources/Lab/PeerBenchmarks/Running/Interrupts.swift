import LinuxSystem
import Terminal

/// Ctrl-C and the like end the run in good order: every started program with it.
final class Interrupts {
  private let signals: StopSignals

  init() throws(CommandError) {
    do {
      signals = try StopSignals()
    } catch {
      throw CommandError(.failed, "cannot watch for signals: \(error)")
    }
  }

  var pollDescriptor: Int32 { signals.pollDescriptor }

  func check() throws(CommandError) {
    guard let signal = signals.next() else { return }
    throw CommandError(.failed, "stopped by signal \(signal.number); nothing was measured whole")
  }

  /// Lets time pass.
  func pause(seconds: Double) throws(CommandError) {
    let deadline = Clock.monotonicNanoseconds + UInt64(seconds * 1e9)
    while true {
      let now = Clock.monotonicNanoseconds
      guard now < deadline else { return }
      let milliseconds = Int32(clamping: (deadline - now) / 1_000_000 + 1)
      if !waitForReadable([pollDescriptor], timeoutMilliseconds: milliseconds).isEmpty {
        try check()
      }
    }
  }
}
