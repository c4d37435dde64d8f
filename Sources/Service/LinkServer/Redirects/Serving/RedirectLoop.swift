internal import Glibc
internal import LinkStores
internal import Links
internal import LinuxSystem
internal import Synchronization

/// An event loop: one thread that waits for its connections and does what they are ready for.
///
/// Of its own rather than SwiftNIO's, where a connection is a dozen objects, each to be fetched into the
/// CPU's cache when many connections take turns (Docs/ARCHITECTURE.md has the figures). Here it is one,
/// and what comes and goes is in two buffers for all of them.
///
/// Unchecked: but for what is atomic or locked, only the loop's thread touches it.
final class RedirectLoop: @unchecked Sendable {
  let settings: RedirectSettings
  let cache: LinkCache
  let store: any LinkStore
  let counter: ClickCounter
  let limit: ConnectionLimit
  let statistics = LoopStatistics()
  let writer: AnswerWriter
  /// Room to decode a path in.
  let scratch = ScratchBytes(count: RequestParser.maximumLine)
  /// What a connection received last.
  let received = ScratchBytes(count: 65_536)
  let redirectPlace: LoopStatistics.Place
  let ready: ReadySet

  /// Counts seconds; what times are told by that connections are given.
  private(set) var tick: UInt32 = 0
  /// When the last thing was done of which it matters how long it took (CLOCK_MONOTONIC, ns).
  var now: UInt64 = 0
  private(set) var isDraining = false
  /// Gives out connections; on one of the loops.
  var acceptor: Acceptor?

  /// Connections by number; the numbers of those that ended are used again.
  private var connections: [RedirectConnection?] = []
  private var free: [Int] = []
  private var generation: UInt64 = 0
  private var dueNanoseconds: UInt64 = 0
  private var tickedNanoseconds: UInt64 = 0
  private var isRunning = true
  /// Since the last tick: what was ready at once, from the first to the last.
  private var longestTurn: UInt64 = 0
  /// Of the last minute's ticks.
  private var lags = [UInt64](repeating: 0, count: 60)

  private let open = Atomic(0)
  private let ended = Atomic(false)
  private let wakeUp: WakeUp
  private let inbox = Mutex(Inbox())

  private struct Inbox {
    var work: [@Sendable () -> Void] = []
    var isClosed = false
  }

  /// Tokens of what is no connection; those of listening sockets are above it.
  static let wakeUpToken = UInt64.max
  static let listenerMark: UInt64 = 1 << 63

  init(
    _ settings: RedirectSettings, cache: LinkCache, store: any LinkStore, counter: ClickCounter,
    limit: ConnectionLimit
  ) throws(SystemCallError) {
    self.settings = settings
    self.cache = cache
    self.store = store
    self.counter = counter
    self.limit = limit
    writer = AnswerWriter(settings)
    redirectPlace = .status(settings.status)
    ready = try ReadySet()
    wakeUp = try WakeUp()
    try ready.add(wakeUp.descriptor, .read, token: Self.wakeUpToken)
  }

  /// Connections, and lookups whose connection is gone.
  var openCount: Int { open.load(ordering: .acquiring) }
  /// Whether the thread is done: nothing is counted any more.
  var hasEnded: Bool { ended.load(ordering: .acquiring) }
  func retainOpen() { open.add(1, ordering: .acquiringAndReleasing) }
  func releaseOpen() { open.subtract(1, ordering: .acquiringAndReleasing) }

  // MARK: Running

  /// What the thread does, until ``stop()``.
  func run() {
    updateDate()
    var turnBegan = now
    while isRunning {
      now = Clock.monotonicNanoseconds
      longestTurn = max(longestTurn, now &- turnBegan)
      let wait = now < dueNanoseconds ? (dueNanoseconds &- now) / 1_000_000 &+ 1 : 0
      // It can only fail for a descriptor that is none.
      let count = (try? ready.wait(milliseconds: Int32(clamping: wait))) ?? 0
      now = Clock.monotonicNanoseconds
      turnBegan = now
      for index in 0..<count {
        let (token, events) = ready.found(index)
        if token < Self.listenerMark {
          handle(token, events)
        } else if token == Self.wakeUpToken {
          runInbox()
        } else {
          acceptor?.accept(token & ~Self.listenerMark)
        }
      }
      if now >= dueNanoseconds { onTick() }
    }
    acceptor = nil
    let left = inbox.withLock { inbox in
      inbox.isClosed = true
      return exchange(&inbox.work, with: [])
    }
    for work in left { work() }
    for index in connections.indices { connections[index]?.close(.stopped) }
    ended.store(true, ordering: .releasing)
  }

  @inline(__always)
  private func handle(_ token: UInt64, _ events: ReadySet.Events) {
    let number = Int(truncatingIfNeeded: token & 0xffff_ffff)
    // One that ended since this was found may have left its number to another.
    guard number < connections.count, let connection = connections[number],
      connection.token == token
    else { return }
    connection.handle(events)
  }

  private func runInbox() {
    wakeUp.clear()
    for work in inbox.withLock({ exchange(&$0.work, with: []) }) { work() }
  }

  /// Has work done by this loop's thread; false if it has ended.
  @discardableResult
  func execute(_ work: @escaping @Sendable () -> Void) -> Bool {
    let (isFirst, isClosed) = inbox.withLock { inbox in
      if !inbox.isClosed { inbox.work.append(work) }
      return (inbox.work.count == 1, inbox.isClosed)
    }
    if isFirst, !isClosed { wakeUp.signal() }
    return !isClosed
  }

  // MARK: Time

  private func onTick() {
    defer { updateDate() }
    // A wall clock that is slowed down reaches its next second a little after it was expected to.
    guard now &- tickedNanoseconds >= 500_000_000 else { return }
    tickedNanoseconds = now
    tick &+= 1
    noteLag(max(longestTurn, now &- dueNanoseconds))
    longestTurn = 0
    for index in connections.indices {
      if let connection = connections[index], connection.deadline <= tick { connection.expire() }
    }
    acceptor?.onTick()
  }

  private func noteLag(_ nanoseconds: UInt64) {
    lags[Int(tick) % lags.count] = nanoseconds
    statistics.lagNanoseconds = nanoseconds
    statistics.longestLagNanoseconds = lags.max() ?? nanoseconds
  }

  /// The next tick is at the beginning of the clock's next second, so that dates are right.
  private func updateDate() {
    let wall = Clock.wallNanoseconds
    writer.setDate(seconds: Int64(clamping: wall / 1_000_000_000))
    now = Clock.monotonicNanoseconds
    dueNanoseconds = now &+ (1_000_000_000 - wall % 1_000_000_000)
  }

  /// The tick by which so many seconds will be over, and at most one more.
  @inline(__always)
  func deadline(inSeconds seconds: Int) -> UInt32 {
    tick &+ UInt32(truncatingIfNeeded: min(max(0, seconds), 1 << 24)) &+ 1
  }

  /// When a connection without a request is closed.
  var idleDeadline: UInt32 {
    deadline(inSeconds: isDraining ? settings.drainIdleTimeout : settings.idleTimeout)
  }

  // MARK: Connections

  /// Tells connections apart that had the same number.
  func nextGeneration() -> UInt64 {
    generation = (generation &+ 1) & 0x3fff_ffff
    return generation
  }

  /// Takes over an accepted connection.
  func adopt(_ descriptor: Int32) {
    let number = free.popLast() ?? connections.count
    let connection = RedirectConnection(self, descriptor: descriptor, number: number)
    guard isRunning,
      (try? ready.add(
        descriptor, RedirectConnection.always.union(.read), token: connection.token)) != nil
    else {
      free.append(number)
      Glibc.close(descriptor)
      limit.remove()
      return
    }
    if number == connections.count {
      connections.append(connection)
    } else {
      connections[number] = connection
    }
    statistics.add(to: .opened)
    retainOpen()
  }

  /// A connection has been closed.
  func remove(_ connection: RedirectConnection) {
    guard connections[connection.number] === connection else { return }
    connections[connection.number] = nil
    free.append(connection.number)
    releaseOpen()
    limit.remove()
  }

  // MARK: Ending

  /// From now on answers end their connections, and those without a request end soon.
  func drain() {
    isDraining = true
    acceptor?.yield()
    for index in connections.indices { connections[index]?.drain() }
  }

  /// Ends the thread.
  func stop() { isRunning = false }
}

/// Memory of a fixed size.
///
/// Unsafe code. The invariant: the memory lives as long as this; who uses it stays below its count.
final class ScratchBytes {
  let buffer: UnsafeMutableRawBufferPointer

  init(count: Int) { buffer = .allocate(byteCount: count, alignment: 64) }

  deinit { buffer.deallocate() }
}
