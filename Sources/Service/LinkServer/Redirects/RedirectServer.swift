internal import Glibc
public import LinkStores
public import Links
internal import LinuxSystem
internal import Synchronization

/// Answers `GET /code` with a redirect: from the cache without leaving the event loop, else from the
/// store without holding it up. Each redirect of a GET is counted before it is written.
public final class RedirectServer: Sendable {
  /// Where connections are accepted, with the ports that were chosen.
  public let addresses: [RedirectSettings.Address]

  private let settings: RedirectSettings
  private let loops: [RedirectLoop]
  private let maximumConnections: Int
  private let hasStopped = Mutex(false)

  /// Begins to accept connections.
  ///
  /// - Parameter journal: counts clicks; made for as many loops as ``RedirectSettings/threads`` at least.
  ///   To be closed after ``stop()``.
  /// - Throws: ``RedirectServerError``; then nothing is left behind.
  public init(
    _ settings: RedirectSettings, cache: LinkCache, store: any LinkStore, journal: ClickJournal
  ) throws {
    self.settings = settings
    let listeners = try settings.addresses.map {
      try ListeningSocket($0, takesOver: settings.takesOver)
    }
    if listeners.isEmpty {
      throw RedirectServerError(.setting, "there is no address to serve redirects on")
    }
    addresses = listeners.map(\.address)
    let limit = ConnectionLimit(maximum: settings.maximumConnections ?? Self.connectionLimit)
    maximumConnections = limit.maximum
    var loops: [RedirectLoop] = []
    do {
      for number in 0..<max(1, settings.threads) {
        loops.append(
          try RedirectLoop(
            settings, cache: cache, store: store, counter: journal.counter(forLoop: number),
            limit: limit))
      }
      self.loops = loops
      try start(listeners, limit)
    } catch {
      for listener in listeners { listener.removeFile() }
      for loop in loops { loop.execute { loop.stop() } }
      throw RedirectServerError(.system, "redirects cannot be served: \(error)")
    }
  }

  private func start(
    _ listeners: [ListeningSocket], _ limit: ConnectionLimit
  ) throws(SystemCallError) {
    for (number, loop) in loops.enumerated() {
      try SystemThread.start(named: "redirects-\(number)") { loop.run() }
    }
    let loops = loops
    let report = settings.report
    loops[0].execute {
      let acceptor = Acceptor(listeners, loops, limit, report: report)
      loops[0].acceptor = acceptor
      acceptor.start()
    }
  }

  /// What was done so far. Takes no lock and holds nobody up.
  public var statistics: RedirectStatistics {
    RedirectStatistics(loops.map(\.statistics), maximumConnections: maximumConnections)
  }

  /// Stops accepting, answers what is under way, closes every connection, at the latest after
  /// ``RedirectSettings/drainTimeout``. After it nothing is counted any more. Idempotent.
  public func stop() async {
    if hasStopped.withLock({ exchange(&$0, with: true) }) { return }
    await withCheckedContinuation { continuation in
      // Not by Swift's timers: the first one needs a descriptor, and without one the process traps.
      let stopping: @Sendable () -> Void = { [self] in
        stopAndWait()
        continuation.resume()
      }
      if (try? SystemThread.start(named: "redirects-end", stopping)) == nil { stopping() }
    }
  }

  private func stopAndWait() {
    onEachLoop { $0.drain() }
    // Handshakes that have begun are finished, by which their connections become this server's.
    Self.sleep(milliseconds: Self.handshakeMilliseconds)
    // The first loop gives out what it accepted last; the others have it by then.
    onEachLoop { $0.acceptor?.finish() }
    let end = Clock.monotonicNanoseconds &+ UInt64(max(0, settings.drainTimeout)) &* 1_000_000_000
    while Clock.monotonicNanoseconds < end, loops.contains(where: { $0.openCount > 0 }) {
      Self.sleep(milliseconds: 20)
    }
    for loop in loops { loop.execute { loop.stop() } }
    while loops.contains(where: { !$0.hasEnded }) { Self.sleep(milliseconds: 1) }
  }

  /// Has work done by one loop after the other, as far as they run, and waits for it.
  private func onEachLoop(_ work: @escaping @Sendable (RedirectLoop) -> Void) {
    final class Outcome: Sendable { let isDone = Atomic(false) }
    for loop in loops {
      let outcome = Outcome()
      let isRunning = loop.execute {
        work(loop)
        outcome.isDone.store(true, ordering: .releasing)
      }
      while isRunning, !outcome.isDone.load(ordering: .acquiring) { Self.sleep(milliseconds: 1) }
    }
  }

  private static func sleep(milliseconds: UInt32) { usleep(milliseconds * 1000) }

  /// How long clients far away may take to confirm a connection.
  private static let handshakeMilliseconds: UInt32 = 300

  /// What is left of the open files after what else the service needs.
  private static var connectionLimit: Int {
    let files = Machine.openFileLimit
    return max(1, files - max(32, min(256, files / 8)))
  }
}
