public import LinuxSystem

/// Open events with their rings: what is sampled right now.
///
/// One ring a CPU; the events of all threads on that CPU write to it. Records of all rings are
/// handed out merged by time, straight from the rings: nothing is copied or kept.
public final class SamplingSession: SampleSource {
  /// What the kernel accepted of what was asked for.
  public let plan: SamplingPlan
  /// Samples (and other records) that the kernel dropped because a ring was full.
  public private(set) var lost: UInt64 = 0
  /// How often the kernel throttled an event.
  public private(set) var throttled: UInt64 = 0
  /// When the last event was open, CLOCK_MONOTONIC: what came before is incomplete.
  public let openedNanoseconds: UInt64

  private let rings: [PerfRing]
  private let eventSet: EventSet
  private let parser: RecordParser
  /// Nil if no thread can have been opened and have inherited as well.
  private var owners: OwnerTable?

  /// Opens the events of every thread of the target.
  ///
  /// Throws ``SamplingError``, which says what refused and what to do about it.
  public init(target: SamplingTarget, settings: SamplingSettings) throws(SamplingError) {
    let opened = try SessionOpening(target: target, settings: settings).open()
    plan = opened.plan
    rings = opened.rings
    eventSet = opened.events
    parser = RecordParser(fields: opened.plan.request.fields)
    owners = opened.mayOverlap ? OwnerTable() : nil
    openedNanoseconds = Clock.monotonicNanoseconds
  }

  public var event: SampledEvent {
    let request = plan.request
    return SampledEvent(
      name: plan.eventName, isClock: plan.isClock, frequency: Int(clamping: request.frequency),
      hasKernelFrames: !request.excludeKernel, countsKernelTime: !request.excludeKernel,
      stackBytes: Int(request.userStackBytes))
  }

  public var notes: [String] { plan.notes }

  /// Each waking costs time of its own, however few samples there are; rings that fill up wake sooner.
  public var drainMilliseconds: Int32 { 200 }

  /// Descriptors that poll readable when a quarter of a ring is full.
  public var pollDescriptors: [Int32] { eventSet.ringDescriptors }

  /// The threads that were there when the session was opened.
  public var initialThreads: Set<ProcessID> { Set(eventSet.threads.keys) }

  /// Stops sampling; what is in the rings can still be drained.
  public func stop() {
    eventSet.disable()
  }

  /// Hands out every record older than `horizon` (CLOCK_MONOTONIC), in order of time.
  ///
  /// A record that another CPU has stamped but not yet written would be missed if the horizon were
  /// the present: stay a few milliseconds behind while sampling goes on.
  public func drain(until horizon: UInt64, into visitor: some SampleVisitor) {
    for ring in rings { ring.refresh() }
    while let (index, record) = oldest(before: horizon) {
      switch record.type {
      case RecordParser.RecordType.sample:
        if let sample = parser.sample(record),
          owners?.counts(thread: sample.thread, ring: index, event: sample.event) != false
        {
          visitor.visit(sample)
        }
      case RecordParser.RecordType.lost:
        lost &+= RecordParser.word(record.bytes, 16) ?? 0
      case RecordParser.RecordType.lostSamples:
        lost &+= RecordParser.word(record.bytes, 8) ?? 0
      case RecordParser.RecordType.throttle:
        throttled &+= 1
      default:
        if let event = parser.event(record) {
          if case .exited(_, let thread) = event { owners?.forget(thread, rings: rings.count) }
          visitor.visit(event)
        }
      }
      rings[index].consume()
    }
  }

  private func oldest(before horizon: UInt64) -> (Int, PerfRing.Record)? {
    var found: (Int, PerfRing.Record)?
    var foundTime = horizon
    for (index, ring) in rings.enumerated() {
      guard let record = ring.peek() else { continue }
      let time = parser.nanoseconds(type: record.type, bytes: record.bytes)
      if time < foundTime {
        found = (index, record)
        foundTime = time
      }
    }
    return found
  }
}
