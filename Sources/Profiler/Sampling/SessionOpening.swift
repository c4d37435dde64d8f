internal import Glibc
public import LinuxSystem

/// What the kernel accepted: the event, the size of rings and stack copies, and what a person
/// should know about it.
public struct SamplingPlan: Sendable {
  public internal(set) var request: PerfEventRequest
  public internal(set) var ringBytes: Int
  /// Sentences for a person: what was asked for and could not be had.
  public internal(set) var notes: [String]

  /// The event's name as people type it.
  public var eventName: String {
    switch request.counter {
    case .cpuClock: request.excludeKernel ? "cpu-clock:u" : "cpu-clock"
    case .cycles: request.excludeKernel ? "cycles:u" : "cycles"
    case .none: "none"
    }
  }

  /// Of each CPU's ring, where locked memory is not limited.
  public static let wantedRingBytes = 4 << 20

  /// Whether periods are nanoseconds.
  public var isClock: Bool { request.counter == .cpuClock }
}

/// Opens a session: tries what was asked for, and steps back where the kernel refuses and there is
/// something to step back to.
struct SessionOpening {
  let target: SamplingTarget
  let settings: SamplingSettings
  private static let largestRing = SamplingPlan.wantedRingBytes
  private static let smallestRing = 128 << 10

  struct Opened {
    let plan: SamplingPlan
    let rings: [PerfRing]
    let events: EventSet
    /// Whether a thread may have been opened and have inherited as well.
    let mayOverlap: Bool
  }

  func open() throws(SamplingError) -> Opened {
    let cpus = Machine.onlineCPUs
    let candidates = try currentThreads()
    var request = initialRequest()
    var notes: [String] = []
    let first = try settle(&request, among: candidates, cpu: cpus[0], notes: &notes)
    var ringBytes = Self.largestRing
    while true {
      if case .stackCopy(let wanted) = settings.callGraph {
        // Two dozen samples must fit, or a reader that is late by a moment loses some.
        let fitting = min(wanted, ringBytes / 24 / 8 * 8)
        request.userStackBytes = UInt32(clamping: fitting)
      }
      request.wakeupBytes = UInt32(ringBytes / 4)
      let events = EventSet(request: request, cpus: cpus)
      do throws(SystemCallError) {
        let rings = try events.openRings(dataBytes: ringBytes)
        let mayOverlap = try openThreads(
          candidates, events: events, rings: rings, fields: request.fields)
        guard !events.threads.isEmpty else { throw SystemCallError(call: "open", code: ESRCH) }
        if ringBytes < Self.largestRing { notes.append(ringNote(ringBytes, request)) }
        return Opened(
          plan: SamplingPlan(request: request, ringBytes: ringBytes, notes: notes),
          rings: rings, events: events, mayOverlap: mayOverlap)
      } catch {
        if error.call == "mmap", error.code == EPERM || error.code == ENOMEM,
          ringBytes > Self.smallestRing
        {
          ringBytes /= 2
        } else if error.code == ESRCH {
          throw SamplingError.targetEnded(target)
        } else {
          throw refusal(error, thread: first, request: request)
        }
      }
    }
  }

  /// Finds the best event the kernel grants for one of the threads; which one it was. A thread that
  /// ends meanwhile is not an error while another is left.
  private func settle(
    _ request: inout PerfEventRequest, among candidates: [ProcessID], cpu: Int32,
    notes: inout [String]
  ) throws(SamplingError) -> ProcessID {
    for thread in candidates {
      do throws(SystemCallError) {
        try settle(&request, thread: thread, cpu: cpu, notes: &notes)
        return thread
      } catch {
        if error.code != ESRCH { throw refusal(error, thread: thread, request: request) }
      }
    }
    throw SamplingError.targetEnded(target)
  }

  /// What the kernel grants of what was asked for, on one thread and CPU.
  func grantedRequest(
    thread: ProcessID, cpu: Int32, maximumFrames: UInt16
  ) throws(SystemCallError) -> PerfEventRequest {
    var request = initialRequest()
    request.maximumFrames = maximumFrames
    var notes: [String] = []
    try settle(&request, thread: thread, cpu: cpu, notes: &notes)
    return request
  }

  private func initialRequest() -> PerfEventRequest {
    var fields: PerfEventRequest.Fields = [.instructionPointer, .thread, .time, .event, .period]
    var request = PerfEventRequest(
      counter: .cycles, frequency: UInt64(clamping: settings.frequency), fields: fields,
      excludeKernel: settings.kernel == .no)
    switch settings.callGraph {
    case .framePointers:
      fields.insert(.callChain)
    case .stackCopy(let bytes):
      fields.formUnion([.userRegisters, .userStack])
      if !request.excludeKernel { fields.insert(.callChain) }
      request.userRegisters = RegisterFile.perfMask
      request.userStackBytes = UInt32(clamping: bytes)
      request.excludeUserCallChain = true
    }
    request.fields = fields
    switch target {
    case .heldChild: request.startsAtExec = true
    case .threads: request.isInherited = false
    case .processes: break
    }
    return request
  }

  /// Finds the best event the kernel grants on one thread and CPU.
  private func settle(
    _ request: inout PerfEventRequest, thread: ProcessID, cpu: Int32, notes: inout [String]
  ) throws(SystemCallError) {
    while true {
      do throws(SystemCallError) {
        _ = try PerfEvent(request, thread: thread, cpu: cpu)
        return
      } catch {
        switch error.code {
        case ENOENT, EOPNOTSUPP, ENODEV:
          guard request.counter == .cycles else { throw error }
          request.counter = .cpuClock
        case EINVAL where request.recordsBuildIDs:
          request.recordsBuildIDs = false
        case EACCES, EPERM:
          guard settings.kernel == .auto, !request.excludeKernel else { throw error }
          request.excludeKernel = true
          if case .stackCopy = settings.callGraph { request.fields.remove(.callChain) }
          notes.append(Refusal.kernelNote())
        default:
          throw error
        }
      }
    }
  }

  /// Opens every thread there is, listing again until nothing is new. A thread that was born of an
  /// opened one has inherited its events, and the ring has the record of its birth. Answers whether
  /// a thread may have been opened and have inherited as well.
  private func openThreads(
    _ first: [ProcessID], events: EventSet, rings: [PerfRing], fields: PerfEventRequest.Fields
  ) throws(SystemCallError) -> Bool {
    let parser = RecordParser(fields: fields)
    var pending = first
    var mayOverlap = false
    // Every round covers what was born of threads that were covered: a target that is ahead of this
    // for so long starts threads in a chain, and one of the chain is met sooner or later.
    for _ in 0..<200 where !pending.isEmpty {
      for thread in pending {
        do throws(SystemCallError) {
          try events.open(thread: thread)
        } catch {
          if error.code != ESRCH { throw error }
        }
      }
      guard case .processes = target else { return false }
      // Those that ended before they were opened are not listed again.
      let listed = ((try? currentThreads()) ?? []).filter { events.threads[$0] == nil }
      if listed.isEmpty { return mayOverlap }
      // A thread is listed a moment before its birth is recorded.
      usleep(2_000)
      var births = Births()
      for ring in rings {
        ring.scan { type, bytes in
          if let birth = parser.birth(type: type, bytes: bytes) { births.note(birth) }
        }
      }
      pending = listed.filter { !births.isComplete($0, opened: events.threads) }
      if !pending.isEmpty { mayOverlap = true }
    }
    return mayOverlap
  }

  private func currentThreads() throws(SamplingError) -> [ProcessID] {
    switch target {
    case .heldChild(let process):
      return [process]
    case .threads(let threads):
      for thread in threads where Processes.status(of: thread) == nil {
        throw SamplingError.noSuchTarget(thread, isThread: true)
      }
      return threads
    case .processes(let processes):
      var found: [ProcessID] = []
      var known: Set<ProcessID> = []
      for process in processes {
        let threads = Processes.threads(of: process)
        if threads.isEmpty { throw SamplingError.noSuchTarget(process, isThread: false) }
        if let group = Processes.status(of: process)?.threadGroup, group != process {
          throw SamplingError.threadNotProcess(process, of: group)
        }
        for member in Processes.tree(of: process) where known.insert(member).inserted {
          found.append(contentsOf: Processes.threads(of: member))
        }
      }
      return found
    }
  }

  private func refusal(
    _ error: SystemCallError, thread: ProcessID, request: PerfEventRequest
  ) -> SamplingError {
    .refused(Refusal(error: error, thread: thread, request: request, settings: settings))
  }

  private func ringNote(_ ringBytes: Int, _ request: PerfEventRequest) -> String {
    var text =
      "rings of \(ringBytes >> 10) KiB a CPU instead of \(Self.largestRing >> 10) KiB: "
      + "locked memory is limited (ulimit -l, kernel.perf_event_mlock_kb)"
    if case .stackCopy(let wanted) = settings.callGraph, request.userStackBytes < wanted {
      text += "; stack copies cut to \(request.userStackBytes) bytes to fit"
    }
    return text
  }
}
