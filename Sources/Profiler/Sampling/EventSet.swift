internal import LinuxSystem

/// The open events of a session: for each thread one on each CPU, and for each CPU a ring that all
/// of them on it write to.
final class EventSet {
  private let request: PerfEventRequest
  private let cpus: [Int32]
  // An array of noncopyable elements does not exist: each event is held by a small box.
  private final class Box {
    let event: PerfEvent
    init(_ event: consuming PerfEvent) { self.event = event }
  }
  private var owners: [Box] = []
  private var samplers: [Box] = []
  /// Threads whose events were opened, and when all of one were (CLOCK_MONOTONIC): what a thread
  /// starts after that moment has inherited every one of them.
  private(set) var threads: [ProcessID: UInt64] = [:]

  init(request: PerfEventRequest, cpus: [Int32]) {
    self.request = request
    self.cpus = cpus
  }

  var ringDescriptors: [Int32] { owners.map { $0.event.pollDescriptor } }

  /// Maps a ring of `dataBytes` for each CPU.
  ///
  /// Its owner is an event of this very thread that records nothing. A ring of one of the target's
  /// threads would report a hang-up from when that thread ends, however many others go on.
  func openRings(dataBytes: Int) throws(SystemCallError) -> [PerfRing] {
    var quiet = request
    quiet.counter = .none
    quiet.frequency = 0
    quiet.isInherited = false
    quiet.startsAtExec = false
    quiet.recordsProcesses = false
    quiet.excludeKernel = true
    owners = []
    var rings: [PerfRing] = []
    for cpu in cpus {
      let event = try PerfEvent(quiet, thread: 0, cpu: cpu)
      rings.append(try PerfRing(event: event, dataBytes: dataBytes))
      owners.append(Box(event))
    }
    return rings
  }

  /// Opens a thread's events, which write to the rings of their CPUs; none if one is refused.
  func open(thread: ProcessID) throws(SystemCallError) {
    var opened: [Box] = []
    for (cpu, owner) in zip(cpus, owners) {
      let event = try PerfEvent(request, thread: thread, cpu: cpu)
      try event.redirect(to: owner.event)
      opened.append(Box(event))
    }
    samplers += opened
    threads[thread] = Clock.monotonicNanoseconds
  }

  func disable() {
    for box in samplers { box.event.disable() }
  }
}
