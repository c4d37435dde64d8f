internal import LinuxSystem
public import LoadResults
internal import Synchronization

/// A load: threads that send requests, and what they measured.
public final class LoadRun: Sendable {
  /// What is known while it goes on.
  public struct Progress: Sendable {
    public var elapsedSeconds: Double
    public var isWarmingUp: Bool
    public var requests: Int
    public var errors: LoadErrors
    public var latency: LatencyHistogram
  }

  private let settings: LoadSettings
  private let askedThreads: Int
  private let loops: [LoadLoop]
  private let launch: UInt64
  private let start: UInt64
  private let end: UInt64

  /// Descriptors that a process needs besides those of connections.
  private static let ownDescriptors = 32

  /// The most connections to each of `servers` that this process may have.
  public static func mostConnections(threads: Int, servers: Int) -> Int {
    max(0, Machine.openFileLimit - 4 * threads - ownDescriptors) / max(1, servers)
  }

  /// Resolves the server and sees that it is there.
  ///
  /// - Throws: ``LoadError``.
  public init(_ given: LoadSettings) throws(LoadError) {
    try Self.check(given)
    var settings = given
    // Each thread needs a connection.
    settings.threads = min(given.threads, given.connections)
    self.settings = settings
    askedThreads = given.threads
    let limit = Machine.openFileLimit
    let targets = [settings.target] + settings.otherTargets
    let own = 4 * settings.threads + Self.ownDescriptors
    let (sockets, overflow) = settings.connections.multipliedReportingOverflow(by: targets.count)
    guard !overflow, sockets <= limit - own else {
      let needed = overflow ? .max : sockets.addingClamped(own)
      throw LoadError(
        .setting,
        "\(settings.connections) \(settings.connections == 1 ? "connection needs" : "connections need") \(needed) open files, and \(limit) are allowed; "
          + "raise the limit (ulimit -n \(needed)) or ask for at most "
          + "\(Self.mostConnections(threads: settings.threads, servers: targets.count))")
    }
    guard targets.count == 1 || settings.pipeline == 1 else {
      throw LoadError(.setting, "requests to several servers cannot be pipelined")
    }
    var servers: [LoopSettings.Server] = []
    for target in targets { servers.append(try Self.server(target, settings)) }
    let plan = PreparedPlan(settings.plan)
    launch = Clock.monotonicNanoseconds
    start = launch.addingClamped(settings.warmup.nanoseconds)
    end = settings.duration.map { [start] in start.addingClamped($0.nanoseconds) } ?? .max
    var loops: [LoadLoop] = []
    for thread in 0..<settings.threads {
      var loop = LoopSettings(
        servers: servers, launch: launch, start: start, end: end)
      loop.thread = thread
      loop.threads = settings.threads
      loop.workers = Self.share(settings.connections, thread, settings.threads)
      loop.requests = settings.requests.map { Self.share($0, thread, settings.threads) }
      loop.pipeline = settings.pipeline
      loop.timeout = settings.timeout.nanoseconds
      loop.rate = settings.rate
      loop.seed = settings.seed &+ UInt64(thread)
      do throws(SystemCallError) {
        loops.append(try LoadLoop(loop, plan: plan))
      } catch {
        throw LoadError(.system, "no event loop can be made: \(error)")
      }
    }
    self.loops = loops
  }

  /// Refuses what no load can be made of.
  private static func check(_ settings: LoadSettings) throws(LoadError) {
    guard settings.threads > 0, settings.connections > 0, settings.pipeline > 0,
      settings.requests.map({ $0 > 0 }) ?? true
    else {
      throw LoadError(
        .setting, "a load needs at least one thread, connection and request; ask for more than none"
      )
    }
    if let rate = settings.rate, !(rate > 0 && rate <= 1e9) {
      throw LoadError(
        .setting,
        "\(rate) is no rate; ask for more than 0 requests a second, and at most 1000000000")
    }
    let servers = 0...settings.otherTargets.count
    guard !settings.plan.kinds.isEmpty,
      settings.plan.kinds.allSatisfy({ servers.contains($0.server) })
    else { throw LoadError(.setting, "there is nothing to be sent; name a request") }
  }

  private static func share(_ count: Int, _ thread: Int, _ threads: Int) -> Int {
    count / threads + (thread < count % threads ? 1 : 0)
  }

  /// Ends the load early, from any thread; what was measured is kept.
  public func stop() {
    for loop in loops { loop.stop() }
  }

  /// What was measured so far; nil before the first quarter of a second that somebody asked.
  public var progress: Progress? {
    var merged: LoopRecord?
    for loop in loops {
      guard let record = loop.progressRecord() else { continue }
      if merged == nil { merged = record } else { merged?.merge(record) }
    }
    guard let merged else { return nil }
    let now = Clock.monotonicNanoseconds
    return Progress(
      elapsedSeconds: now > start ? Double(now - start) / 1e9 : 0, isWarmingUp: now < start,
      requests: merged.requests, errors: merged.errors, latency: merged.latency)
  }

  /// Loads the server until the time is over, the requests are answered, or ``stop()``.
  ///
  /// - Parameter whileRunning: called every 100 ms by the calling thread.
  public func run(whileRunning: () -> Void = {}) throws(LoadError) -> LoadResult {
    let ended: WakeUp
    do throws(SystemCallError) { ended = try WakeUp() } catch {
      throw LoadError(.system, "the end of the load cannot be waited for: \(error)")
    }
    let remaining = Remaining(loops.count)
    for (number, loop) in loops.enumerated() {
      do throws(SystemCallError) {
        try SystemThread.start(named: "load-\(number)") {
          loop.run()
          if remaining.isLast() { ended.signal() }
        }
      } catch {
        stop()
        throw LoadError(.system, "thread \(number + 1) cannot be started: \(error)")
      }
    }
    var meter = CPUMeter(server: settings.serverProcesses)
    while true {
      let now = Clock.monotonicNanoseconds
      meter.update(isMeasuring: now >= start)
      let untilStart = now < start ? (start &- now) / 1_000_000 &+ 1 : 100
      let wait = Int32(clamping: min(100, untilStart))
      if !waitForReadable([ended.descriptor], timeoutMilliseconds: wait).isEmpty { break }
      whileRunning()
    }
    meter.finish()
    return result(meter)
  }

  private func result(_ meter: CPUMeter) -> LoadResult {
    var record = LoopRecord()
    for loop in loops { record.merge(loop.record) }
    let endedAt = loops.map(\.end).max() ?? start
    let seconds = endedAt > start ? Double(endedAt - start) / 1e9 : 0
    var statuses: [Int: Int] = [:]
    for (status, count) in record.statuses.enumerated() where count > 0 { statuses[status] = count }
    let elapsed = Clock.monotonicNanoseconds &- start
    let startedAt = Double(Clock.wallNanoseconds &- elapsed) / 1e9
    return LoadResult(
      name: settings.name, url: settings.target.url, threads: settings.threads,
      connections: settings.connections, pipeline: settings.pipeline, rate: settings.rate,
      startedAt: startedAt, durationSeconds: seconds, cpuSeconds: meter.ownSeconds,
      serverCPUSeconds: meter.serverSeconds, requests: record.requests,
      bytesReceived: record.bytesReceived, latency: record.latency,
      serviceTime: settings.rate == nil ? nil : record.serviceTime, statuses: statuses,
      errors: record.errors, schedule: schedule(record),
      notes: notes(record, seconds))
  }

  private func schedule(_ record: LoopRecord) -> ScheduleResult? {
    if settings.rate == nil { return nil }
    return ScheduleResult(
      scheduled: record.scheduled + record.neverStarted, lateStarts: record.lateStarts,
      largestDelaySeconds: Double(record.longestDelay) / 1e9)
  }

  private func notes(_ record: LoopRecord, _ seconds: Double) -> [String] {
    var notes: [String] = []
    for (fault, count) in zip(ResponseFault.allCases, record.faults) where count > 0 {
      notes.append("malformed: \(fault.rawValue) (\(count) \(count == 1 ? "time" : "times"))")
    }
    if record.wrongLocations > 0 {
      notes.append("\(record.wrongLocations) answers had another Location than expected")
    }
    if settings.threads < askedThreads {
      notes.append("\(settings.threads) of \(askedThreads) threads had a connection, and ran")
    }
    if record.mostConnections < settings.connections {
      notes.append(
        "at most \(record.mostConnections) of \(settings.connections) connections were open at once"
      )
    }
    if record.neverStarted > 0 {
      notes.append(
        "\(record.neverStarted) scheduled requests were never started: no connection was free")
    }
    if let wanted = settings.duration, seconds + 0.001 < Double(wanted.nanoseconds) / 1e9 {
      notes.append("stopped before its time")
    }
    return notes
  }
}

extension Int {
  /// The sum, or the largest number if it is larger.
  fileprivate func addingClamped(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}

/// Counts threads down.
private final class Remaining: Sendable {
  private let count: Atomic<Int>

  init(_ count: Int) { self.count = Atomic(count) }

  /// Whether nobody is left after the one that asks.
  func isLast() -> Bool { count.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 }
}
