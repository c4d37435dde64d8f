internal import LinkStores
internal import Links
internal import LinuxSystem
internal import NIOCore
internal import Synchronization

/// What the connections of one event loop share. Unchecked: but for what is atomic, only the loop's
/// thread touches it.
final class RedirectLoop: @unchecked Sendable {
  let eventLoop: any EventLoop
  let settings: RedirectSettings
  let cache: LinkCache
  let store: any LinkStore
  let counter: ClickCounter
  let statistics = LoopStatistics()
  let writer: AnswerWriter
  /// Room to decode a path in.
  let scratch = ScratchBytes(count: RequestParser.maximumLine)
  let redirectPlace: LoopStatistics.Place

  /// Counts seconds; what times are told by that connections are given.
  private(set) var tick: UInt32 = 0
  private(set) var isDraining = false
  /// Of all connections of the loop, linked both ways.
  private var first: RedirectConnection?
  private var dueNanoseconds: UInt64 = 0
  private let open = Atomic(0)
  private let isStopped = Atomic(false)

  init(
    _ eventLoop: any EventLoop, _ settings: RedirectSettings, cache: LinkCache,
    store: any LinkStore, counter: ClickCounter
  ) {
    self.eventLoop = eventLoop
    self.settings = settings
    self.cache = cache
    self.store = store
    self.counter = counter
    writer = AnswerWriter(settings)
    redirectPlace = .status(settings.status)
  }

  /// Connections, and lookups whose connection is gone.
  var openCount: Int { open.load(ordering: .acquiring) }

  /// Begins to tell the time.
  func start() {
    writer.setDate(seconds: Int64(Clock.wallNanoseconds / 1_000_000_000))
    scheduleTick()
  }

  /// To the beginning of the next second of the clock, so that dates are right.
  private func scheduleTick() {
    let wait = 1_000_000_000 - Clock.wallNanoseconds % 1_000_000_000
    dueNanoseconds = Clock.monotonicNanoseconds &+ wait
    eventLoop.scheduleTask(in: .nanoseconds(Int64(wait))) { self.onTick() }
  }

  private func onTick() {
    if isStopped.load(ordering: .relaxed) { return }
    let now = Clock.monotonicNanoseconds
    statistics.lagNanoseconds = now > dueNanoseconds ? now - dueNanoseconds : 0
    tick &+= 1
    writer.setDate(seconds: Int64(Clock.wallNanoseconds / 1_000_000_000))
    forEachConnection { if $0.deadline <= tick { $0.expire() } }
    scheduleTick()
  }

  /// The tick by which so many seconds will be over, and at most one more.
  @inline(__always)
  func deadline(inSeconds seconds: Int) -> UInt32 {
    tick &+ UInt32(truncatingIfNeeded: min(max(0, seconds), 1 << 24)) &+ 1
  }

  /// From now on answers end their connections, and those without a request end within a second or two.
  func drain() {
    isDraining = true
    forEachConnection { $0.drain() }
  }

  func closeAll() { forEachConnection { $0.close() } }

  /// Nothing is done any more.
  func stop() { isStopped.store(true, ordering: .releasing) }

  /// Has work done on this loop, unless it has stopped.
  func execute(_ work: @escaping @Sendable () -> Void) {
    if isStopped.load(ordering: .acquiring) { return }
    eventLoop.execute(work)
  }

  // MARK: Connections

  func insert(_ connection: RedirectConnection) {
    connection.next = first
    first?.previous = connection
    first = connection
    statistics.add(to: .opened)
    retainOpen()
  }

  func remove(_ connection: RedirectConnection) {
    if let previous = connection.previous {
      previous.next = connection.next
    } else {
      first = connection.next
    }
    connection.next?.previous = connection.previous
    connection.next = nil
    connection.previous = nil
    statistics.add(to: .closed)
    releaseOpen()
  }

  func retainOpen() { open.add(1, ordering: .acquiringAndReleasing) }
  func releaseOpen() { open.subtract(1, ordering: .acquiringAndReleasing) }

  /// `body` may remove the connection it is given.
  private func forEachConnection(_ body: (RedirectConnection) -> Void) {
    var connection = first
    while let current = connection {
      connection = current.next
      body(current)
    }
  }
}

/// Memory of a fixed size.
///
/// Unsafe code. The invariant: the memory lives as long as this; who uses it stays below its count.
final class ScratchBytes {
  let buffer: UnsafeMutableRawBufferPointer

  init(count: Int) { buffer = .allocate(byteCount: count, alignment: 16) }

  deinit { buffer.deallocate() }
}
