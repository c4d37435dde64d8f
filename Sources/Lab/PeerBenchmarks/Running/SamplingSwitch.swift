import Glibc
import LinuxSystem
import Terminal

/// Turns the sampling of a profiler that runs off and on again, whichever it is: its events are shared with it
/// (pidfd_getfd(2)) and disabled (perf_event_open(2), PERF_EVENT_IOC_DISABLE). What a profiler costs its target
/// can so be told apart by the tenth of a second, while two runs one after the other differ by more than that.
final class SamplingSwitch {
  /// `_IO('$', 0)` and `_IO('$', 1)` of linux/perf_event.h.
  private static let enable: UInt = 0x2400
  private static let disable: UInt = 0x2401
  private let events: [Int32]

  /// Waits until the profiler has opened its events.
  init(of profiler: RunningProcess, _ bench: Bench) throws(CommandError) {
    let deadline = Clock.monotonicNanoseconds + 20_000_000_000
    var found: [Int32] = []
    while true {
      try bench.interrupts.pause(seconds: 0.5)
      let before = found.count
      for event in found { close(event) }
      found = Processes.duplicateDescriptors(
        of: profiler.processID, kind: "anon_inode:[perf_event]")
      // All of them: no more than half a second ago.
      if !found.isEmpty, found.count == before { break }
      guard Clock.monotonicNanoseconds < deadline else {
        for event in found { close(event) }
        throw CommandError(
          .failed,
          "process \(profiler.processID) has no events that can be turned off: run this as root")
      }
    }
    events = found
  }

  deinit { for event in events { close(event) } }

  func turn(on: Bool) throws(CommandError) {
    for event in events where ioctl(event, on ? Self.enable : Self.disable, Int32(0)) != 0 {
      throw CommandError(
        .failed,
        "an event cannot be turned \(on ? "on" : "off"): \(String(cString: strerror(errno)))")
    }
  }
}
