internal import LinuxSystem

/// The open events of a session: for each thread one on each CPU. The first on a CPU owns its ring.
final class EventSet {
  private let request: PerfEventRequest
  private let cpus: [Int32]
  // An array of noncopyable elements does not exist: each event is held by a small box.
  private final class Box {
    let event: PerfEvent
    init(_ event: consuming PerfEvent) { self.event = event }
  }
  private var leaders: [Box] = []
  private var followers: [Box] = []
  private(set) var threads: Set<ProcessID> = []

  init(request: PerfEventRequest, cpus: [Int32]) {
    self.request = request
    self.cpus = cpus
  }

  var leaderDescriptors: [Int32] { leaders.map { $0.event.pollDescriptor } }

  /// Opens the first thread's events and maps a ring of `dataBytes` onto each.
  func openLeaders(thread: ProcessID, dataBytes: Int) throws(SystemCallError) -> [PerfRing] {
    leaders = []
    var rings: [PerfRing] = []
    for cpu in cpus {
      let event = try PerfEvent(request, thread: thread, cpu: cpu)
      rings.append(try PerfRing(event: event, dataBytes: dataBytes))
      leaders.append(Box(event))
    }
    threads.insert(thread)
    return rings
  }

  /// Opens a further thread's events, which write to the rings of their CPUs.
  func open(thread: ProcessID) throws(SystemCallError) {
    for (cpu, leader) in zip(cpus, leaders) {
      let event = try PerfEvent(request, thread: thread, cpu: cpu)
      try event.redirect(to: leader.event)
      followers.append(Box(event))
    }
    threads.insert(thread)
  }

  func disable() {
    for box in leaders { box.event.disable() }
    for box in followers { box.event.disable() }
  }
}
