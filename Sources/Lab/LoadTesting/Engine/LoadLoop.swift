internal import LinuxSystem
internal import LoadResults
internal import Synchronization

/// An event loop: one thread with connections of its own.
///
/// Unchecked: but for what is atomic or locked, only the loop's thread touches it, until it has ended.
final class LoadLoop: @unchecked Sendable {
  let settings: LoopSettings
  let plan: PreparedPlan
  let ready: ReadySet
  let received = ScratchBytes(count: 262_144)
  /// The only request, as often as one write may have it; nil if requests vary.
  let fixed: UnsafeRawBufferPointer?
  let fixedLength: Int
  let serverCount: Int
  private let fixedBytes: ScratchBytes
  @exclusivity(unchecked) var maker: RequestMaker
  @exclusivity(unchecked) var outgoing: [UInt8] = []

  /// CLOCK_MONOTONIC, as last read.
  @exclusivity(unchecked) var now: UInt64 = 0
  @exclusivity(unchecked) var record = LoopRecord()
  /// Requests without an answer.
  @exclusivity(unchecked) var underWay = 0
  @exclusivity(unchecked) private(set) var schedule: LoadSchedule?

  /// When the load is over; the time of a stop, if that comes before.
  @exclusivity(unchecked) private(set) var end: UInt64
  /// From here on nothing counts. With a rate, answers to what was scheduled before the end do.
  @exclusivity(unchecked) private var measureEnd: UInt64
  @exclusivity(unchecked) private var isEnding = false
  /// Requests that were to start before this are no matter. Where neither a rate nor a number is asked for,
  /// those count whose answer comes in the measured span, whenever they started.
  private let countedFrom: UInt64
  @exclusivity(unchecked) private var connections: [LoadConnection] = []
  /// The same, which ``connections`` keeps alive: no references are counted for every answer.
  @exclusivity(unchecked) private var unmanaged: ContiguousArray<Unmanaged<LoadConnection>> = []
  /// Who will be answered next, if the server answers in the order in which it was asked.
  @exclusivity(unchecked) private var guesses = AnswerGuesses(capacity: 0)
  /// Connections up to this one have been made, or tried.
  private var begun = 0
  /// Connections that may send, the one that has waited longest at ``firstIdle``.
  private var idle: [Int] = []
  private var firstIdle = 0
  private var generation: UInt64 = 0
  private var openCount = 0
  /// Connections that were to be made while too many others were; each may stand here more than once.
  private var waiting: [Int] = []
  /// Connections that were begun and are not open yet.
  private var connectingCount = 0
  /// Requests that may still be started; nil if that is no matter.
  @exclusivity(unchecked) private var budget: Int?
  /// Whether a number of requests ends the load.
  private let isCounted: Bool
  /// Requests of that number that were started and are not over.
  @exclusivity(unchecked) private var awaited = 0
  @exclusivity(unchecked) private var lastAnswer: UInt64 = 0
  private var nextTick: UInt64 = 0
  private var nextProgress: UInt64 = 0

  private let wakeUp: WakeUp
  private let timer: Timer
  private var timerSet: UInt64 = 0
  private let isStopped = Atomic(false)
  private let progress = Mutex(LoopRecord?.none)
  private let wantsProgress = Atomic(false)

  private static let wakeUpToken = UInt64.max
  private static let timerToken = UInt64.max - 1
  /// More at once would overrun the server's queue of connections, and wait a second for it.
  private static let mostConnecting = 128
  private static let tickNanoseconds: UInt64 = 20_000_000
  private static let progressNanoseconds: UInt64 = 250_000_000
  /// How long after the end answers are waited for.
  static let graceNanoseconds: UInt64 = 100_000_000
  /// Timeouts without any answer after which a load of a number of requests is given up.
  private static let patience: UInt64 = 5

  init(_ settings: LoopSettings, plan: PreparedPlan) throws(SystemCallError) {
    self.settings = settings
    self.plan = plan
    end = settings.end
    measureEnd = settings.rate == nil ? end : end.addingClamped(Self.graceNanoseconds)
    countedFrom = settings.rate == nil && settings.requests == nil ? 0 : settings.start
    serverCount = settings.servers.count
    ready = try ReadySet()
    wakeUp = try WakeUp()
    maker = RequestMaker(plan, seed: settings.seed)
    isCounted = settings.requests != nil
    // Those of a schedule are counted by it.
    budget = settings.rate == nil ? settings.requests : nil
    let request = plan.fixed ?? []
    fixedLength = request.count
    fixedBytes = ScratchBytes(count: request.count * settings.pipeline)
    for turn in 0..<(plan.fixed == nil ? 0 : settings.pipeline) {
      for (index, byte) in request.enumerated() {
        fixedBytes.buffer[turn * request.count + index] = byte
      }
    }
    fixed = plan.fixed == nil ? nil : UnsafeRawBufferPointer(fixedBytes.buffer)
    if let rate = settings.rate {
      schedule = LoadSchedule(
        rate: rate, thread: settings.thread, threads: settings.threads, start: settings.launch,
        end: end, requests: settings.requests, from: settings.start)
    }
    timer = try Timer()
    guesses = AnswerGuesses(capacity: settings.workers * settings.servers.count)
    try ready.add(wakeUp.descriptor, .read, token: Self.wakeUpToken)
    try ready.add(timer.descriptor, .read, token: Self.timerToken)
  }

  // MARK: Seen from other threads

  /// Ends the load soon, as if its time were over.
  func stop() {
    isStopped.store(true, ordering: .releasing)
    wakeUp.signal()
  }

  /// What was measured so far; asking has it prepared for the next time.
  func progressRecord() -> LoopRecord? {
    wantsProgress.store(true, ordering: .relaxed)
    return progress.withLock { $0 }
  }

  // MARK: Running

  /// What the thread does.
  func run() {
    if settings.rate != nil { Machine.wakeOnTime() }
    SocketCalls.holdBrokenPipeSignal()
    now = Clock.monotonicNanoseconds
    lastAnswer = now
    connections = (0..<settings.workers * serverCount).map { LoadConnection(self, number: $0) }
    unmanaged = ContiguousArray(connections.map { Unmanaged.passUnretained($0) })
    var deadline = end
    while true {
      if now >= nextTick { tick() }
      if schedule != nil { startDue() }
      if !isEnding, now >= end || isStopped.load(ordering: .relaxed) || isSpent {
        isEnding = true
        end = min(now, end)
        measureEnd = schedule == nil ? end : .max
        deadline = now.addingClamped(Self.graceNanoseconds)
      }
      if isEnding, now >= deadline || underWay == 0 { break }
      if schedule == nil { setTimer(min(deadline, nextTick)) }
      let count = wait(deadline)
      for index in 0..<count {
        let (token, events) = ready.found(index)
        if token < Self.timerToken {
          handle(token, events)
        } else if token == Self.timerToken {
          timer.clear()
          now = Clock.monotonicNanoseconds
        } else {
          wakeUp.clear()
          now = Clock.monotonicNanoseconds
        }
      }
      sendAll()
      if schedule == nil { receiveGuesses() }
    }
    finish()
  }

  /// Waits until something comes, or is due; how much has come.
  @inline(__always)
  private func wait(_ deadline: UInt64) -> Int {
    // The timer ends it: a time limit of its own would have the kernel read the clock for each wait.
    if schedule == nil { return (try? ready.wait(milliseconds: -1)) ?? 0 }
    var until = min(deadline, nextTick)
    // Without a connection that may send, an answer is waited for.
    if !isEnding, firstIdle < idle.count, let due = schedule?.nextDue { until = min(until, due) }
    let count = (try? ready.wait(nanoseconds: until > now ? until &- now : 0)) ?? 0
    now = Clock.monotonicNanoseconds
    return count
  }

  @inline(__always)
  private func handle(_ token: UInt64, _ events: ReadySet.Events) {
    let number = Int(truncatingIfNeeded: token & 0xffff_ffff)
    // One that ended since this was found has another token.
    guard number < connections.count else { return }
    unmanaged[number]._withUnsafeGuaranteedRef {
      if $0.token == token { $0.handle(events) }
    }
  }

  @exclusivity(unchecked) private var senders: ContiguousArray<Int32> = []

  /// Has a connection send when all that was received has been read: kernel and server do better with many of
  /// a kind at once.
  @inline(__always)
  func addSender(_ connection: LoadConnection) {
    if connection.isSender { return }
    connection.isSender = true
    senders.append(Int32(truncatingIfNeeded: connection.number))
  }

  @inline(__always)
  private func sendAll() {
    for number in senders {
      unmanaged[Int(number)]._withUnsafeGuaranteedRef {
        $0.isSender = false
        now = Clock.monotonicNanoseconds
        $0.fill()
      }
    }
    senders.removeAll(keepingCapacity: true)
  }

  private func setTimer(_ time: UInt64) {
    if time == timerSet { return }
    timerSet = time
    timer.set(time)
  }

  @inline(__always)
  func noteSent(_ connection: LoadConnection) {
    guesses.add(connection.number, connection.token)
  }

  /// Reads from who should be answered by now: most often the answer is there, and the kernel need not be
  /// asked which one is.
  @inline(__always)
  private func receiveGuesses() {
    guesses.begin()
    while let guess = guesses.next() {
      let isAnswered = unmanaged[guess.number]._withUnsafeGuaranteedRef { connection in
        // Told of in the meantime, or another connection by now.
        if connection.token != guess.token || connection.startedCount == 0 { return true }
        return connection.receiveOnce()
      }
      if !isAnswered { return guesses.putBack(guess) }
      sendAll()
    }
  }

  private func finish() {
    for connection in connections {
      record.errors.unanswered &+= connection.abandon { counts($0) }
    }
    if let schedule {
      record.neverStarted = schedule.overdue(at: end, from: settings.start)
      record.errors.unanswered &+= record.neverStarted
    }
  }

  // MARK: Time

  private func tick() {
    nextTick = now &+ Self.tickNanoseconds
    // Those who still have to wait are found again.
    waiting.removeAll(keepingCapacity: true)
    connectMore()
    for connection in connections[..<begun] {
      switch connection.state {
      case .closed(let until):
        if now >= until { beginConnecting(connection) }
      case .connecting(let since), .securing(let since):
        if now > since, now &- since > settings.timeout { connection.failedToConnect() }
      case .open:
        if let start = connection.oldestStart, now > start, now &- start > settings.timeout {
          connection.lose(\.timeout)
        }
      }
    }
    if wantsProgress.load(ordering: .relaxed), now >= nextProgress {
      nextProgress = now &+ Self.progressNanoseconds
      let copy = record
      progress.withLock { $0 = copy }
    }
  }

  // MARK: Connections

  /// Tells connections apart that had the same number.
  func nextToken(_ number: Int) -> UInt64 {
    generation = (generation &+ 1) & 0x3fff_ffff
    return UInt64(truncatingIfNeeded: number) | (generation &+ 1) << 32
  }

  private func connectMore() {
    while begun < connections.count, connectingCount < Self.mostConnecting, !isEnding {
      begun &+= 1
      beginConnecting(connections[begun &- 1])
    }
  }

  private func beginConnecting(_ connection: LoadConnection) {
    if isEnding { return }
    guard connectingCount < Self.mostConnecting else { return waiting.append(connection.number) }
    connectingCount &+= 1
    connection.connect()
  }

  /// Lets those connect that had to wait for others to be connected.
  private func connectWaiting() {
    while connectingCount < Self.mostConnecting, !isEnding, let number = waiting.popLast() {
      // Told of more than once, or connected at a tick meanwhile.
      if case .closed(let until) = connections[number].state, until <= now {
        beginConnecting(connections[number])
      }
    }
  }

  func onOpen() {
    connectingCount &-= 1
    openCount &+= 1
    record.mostConnections = max(record.mostConnections, openCount)
    if begun < connections.count { connectMore() }
    if !waiting.isEmpty { connectWaiting() }
  }

  func onClosed(_ connection: LoadConnection, wasOpen: Bool) {
    if wasOpen { openCount &-= 1 } else { connectingCount &-= 1 }
    if case .closed(let until) = connection.state, until <= now { beginConnecting(connection) }
  }

  // MARK: Workers with several servers

  /// The connection of the same worker to another of the servers.
  func connection(besides number: Int, to server: Int) -> LoadConnection {
    connections[number / serverCount * serverCount + server]
  }

  /// Whether the worker that a connection belongs to has a request under way.
  func isBusy(_ number: Int) -> Bool {
    let first = number / serverCount * serverCount
    return connections[first..<(first + serverCount)].contains {
      $0.startedCount > 0 || $0.assigned != nil
    }
  }

  // MARK: Starting requests

  /// How many of `count` requests may be started now, which are then taken as started.
  @inline(__always)
  func mayStart(_ count: Int) -> Int {
    if now >= end || isEnding { return 0 }
    guard let left = budget, now >= settings.start else { return count }
    let granted = min(left, count)
    budget = left &- granted
    awaited &+= granted
    return granted
  }

  private var isSpent: Bool {
    guard isCounted else { return false }
    var since = lastAnswer
    if let schedule {
      guard let due = schedule.nextDue else { return awaited == 0 }
      since = max(since, due)
    } else if budget == 0, awaited == 0 {
      return true
    }
    // Nobody is there any more.
    let (patience, overflow) = settings.timeout.multipliedReportingOverflow(by: Self.patience)
    return now > since && now &- since > (overflow ? .max : patience)
  }

  private func startDue() {
    while firstIdle < idle.count, let due = schedule?.nextDue, due <= now, !isEnding {
      let connection = connections[idle[firstIdle]]
      firstIdle &+= 1
      connection.isIdle = false
      connection.fill()
    }
    if firstIdle > 4096, firstIdle &* 2 > idle.count {
      idle.removeFirst(firstIdle)
      firstIdle = 0
    }
  }

  func addIdle(_ connection: LoadConnection) {
    if connection.isIdle { return }
    connection.isIdle = true
    idle.append(connection.number)
  }

  /// When the next request should have been started that may be now; nil if none is due.
  func takeDue() -> UInt64? {
    if isEnding { return nil }
    guard let due = schedule?.take(at: now) else { return nil }
    if due >= settings.start { awaited &+= 1 }
    return due
  }

  func noteStart(_ due: UInt64, _ at: UInt64) {
    guard due >= settings.start else { return }
    record.scheduled &+= 1
    let delay = at > due ? at &- due : 0
    record.longestDelay = max(record.longestDelay, delay)
    if isLate(due, at) { record.lateStarts &+= 1 }
  }

  private func isLate(_ due: UInt64, _ at: UInt64) -> Bool { at > due && at &- due > 1_000_000 }

  // MARK: Answers

  /// Whether what happens now counts: after the warm-up, before the end.
  var isMeasuring: Bool { now >= settings.start && now < measureEnd }

  /// Whether what becomes of a request counts.
  func counts(_ request: LoadConnection.Started) -> Bool {
    isMeasuring && request.due >= countedFrom || isEnding && request.due >= settings.start
  }

  /// A request is over, whatever became of it.
  @inline(__always)
  func noteOver(_ request: LoadConnection.Started) {
    underWay &-= 1
    if isCounted, request.due >= settings.start { awaited &-= 1 }
  }

  /// A request was not looked at, and may be sent again.
  func putBack(_ request: LoadConnection.Started) {
    guard request.due >= settings.start || schedule != nil else { return }
    if let left = budget { budget = left &+ 1 }
    guard schedule != nil else { return }
    schedule?.putBack(request.due)
    guard request.due >= settings.start else { return }
    // Both are counted when it starts again.
    record.scheduled &-= 1
    if isLate(request.due, request.at) { record.lateStarts &-= 1 }
  }

  /// A connection could not be made: of a number of requests, one has failed.
  func noteUnreachable() {
    if isMeasuring { record.errors.connect &+= 1 }
    if let left = budget, left > 0, now >= settings.start { budget = left &- 1 }
  }

  @inline(__always)
  func onAnswer(
    _ request: LoadConnection.Started, _ status: Int, _ verdict: LoadConnection.Verdict
  ) {
    lastAnswer = now
    guard isMeasuring, request.due >= countedFrom else { return }
    record.statuses[min(status, 999)] &+= 1
    guard verdict == .expected else {
      record.errors.unexpectedStatus &+= 1
      if verdict == .wrongLocation { record.wrongLocations &+= 1 }
      return
    }
    record.requests &+= 1
    record.latency.record(nanoseconds: now > request.due ? now &- request.due : 0)
    if schedule != nil {
      record.serviceTime.record(nanoseconds: now > request.at ? now &- request.at : 0)
    }
  }
}

extension UInt64 {
  /// The sum, or the largest number if it is larger.
  func addingClamped(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
