internal import Glibc
internal import LinuxSystem
internal import Synchronization

/// How many connections there are, on all event loops.
final class ConnectionLimit: Sendable {
  let maximum: Int
  private let count = Atomic(0)
  private let isAwaited = Atomic(false)
  private let resume = Mutex<(@Sendable () -> Void)?>(nil)

  init(maximum: Int) { self.maximum = max(1, maximum) }

  /// Not with every one that ends: a server at its limit would go to and fro between waiting and accepting.
  private var isFreeAgain: Bool {
    count.load(ordering: .sequentiallyConsistent) <= maximum - max(1, maximum / 64)
  }

  /// False if this is the last one for now.
  func add() -> Bool { count.add(1, ordering: .sequentiallyConsistent).newValue < maximum }

  func remove() {
    count.subtract(1, ordering: .sequentiallyConsistent)
    if isAwaited.load(ordering: .sequentiallyConsistent), isFreeAgain { wake() }
  }

  /// Calls `resume` once there is room again, which may be at once.
  func wait(_ resume: @escaping @Sendable () -> Void) {
    self.resume.withLock { $0 = resume }
    isAwaited.store(true, ordering: .sequentiallyConsistent)
    if isFreeAgain { wake() }
  }

  private func wake() {
    guard isAwaited.exchange(false, ordering: .sequentiallyConsistent) else { return }
    resume.withLock { exchange(&$0, with: nil) }?()
  }
}

/// Accepts connections and gives them to the loops in turn, so that each has as many. On the first
/// loop's thread.
///
/// At the limit of connections nothing is accepted until some end, and for a second when the process or
/// the system has no descriptors left: a loop that went on would do nothing but fail. Clients wait in the
/// kernel's queue meanwhile.
final class Acceptor {
  private let loops: [RedirectLoop]
  private let listeners: [ListeningSocket]
  private let limit: ConnectionLimit
  private let report: @Sendable (String) -> Void
  private var turn = 0
  /// The tick of the last report.
  private var saidAt: UInt32?
  private var isPaused = false
  private var isFinishing = false
  /// Ticks until accepting is tried again; nil if it is not time that is waited for.
  private var ticksLeft: Int?
  /// In one go, before connections have their turn.
  private static let most = 64

  init(
    _ listeners: [ListeningSocket], _ loops: [RedirectLoop], _ limit: ConnectionLimit,
    report: @escaping @Sendable (String) -> Void
  ) {
    self.listeners = listeners
    self.loops = loops
    self.limit = limit
    self.report = report
  }

  private var own: RedirectLoop { loops[0] }

  func start() {
    for (index, listener) in listeners.enumerated() {
      // It fails only without memory in the kernel; then the next tick tries again.
      _ = try? own.ready.add(
        listener.descriptor, .read, token: RedirectLoop.listenerMark | UInt64(index))
    }
  }

  func accept(_ listener: UInt64) {
    guard let index = Int(exactly: listener), listeners.indices.contains(index), !isPaused else {
      return
    }
    accept(listeners[index], upTo: Self.most)
  }

  private func accept(_ listener: ListeningSocket, upTo most: Int) {
    for _ in 0..<most {
      let (descriptor, code) = SocketCalls.accept(listener.descriptor)
      guard descriptor >= 0 else {
        if code != EAGAIN { pauseWithout(code) }
        return
      }
      let isLast = !limit.add()
      let loop = loops[turn % loops.count]
      turn &+= 1
      if loop === own {
        loop.adopt(descriptor)
      } else if !loop.execute({ loop.adopt(descriptor) }) {
        close(descriptor)
        limit.remove()
      }
      // At the end nobody is left waiting.
      if isLast, !isFinishing { return pauseAtLimit() }
    }
  }

  private func pauseAtLimit() {
    pause()
    own.statistics.add(to: .limitsReached)
    say(
      "all \(limit.maximum) connections are in use: more wait until some end; raise the limit of open "
        + "files (ulimit -n, LimitNOFILE=) to have more at a time")
    let own = own
    limit.wait { own.execute { own.acceptor?.resume() } }
  }

  private func pauseWithout(_ code: Int32) {
    pause()
    own.statistics.add(to: .acceptFailures)
    ticksLeft = 2
    say(
      "no connection can be accepted: \(String(cString: strerror(code))); trying again in a second; "
        + "raise the limit of open files (ulimit -n, LimitNOFILE=)")
  }

  /// Not more often than once a minute: a server at its limit is there again and again.
  private func say(_ sentence: String) {
    if let saidAt, own.tick &- saidAt < 60 { return }
    saidAt = own.tick
    report(sentence)
  }

  private func pause() {
    if isPaused { return }
    isPaused = true
    for listener in listeners { stopWaiting(listener) }
  }

  private func stopWaiting(_ listener: ListeningSocket) {
    _ = try? own.ready.remove(listener.descriptor)
  }

  private func resume() {
    ticksLeft = nil
    if !isPaused { return }
    isPaused = false
    start()
  }

  func onTick() {
    guard let left = ticksLeft else { return }
    ticksLeft = left - 1
    if left <= 1 { resume() }
  }

  /// Sends who connects from now on to the next server, if there is one.
  func yield() {
    for listener in listeners {
      if listener.isOwn { listener.yield() } else { stopWaiting(listener) }
    }
  }

  /// Accepts what the kernel has accepted already, and then nothing more: nobody is refused who connected
  /// before the sockets are closed.
  func finish() {
    isFinishing = true
    for listener in listeners where listener.isOwn {
      accept(listener, upTo: Int(RedirectSettings.backlog))
    }
    pause()
    isPaused = true
    for listener in listeners { listener.removeFile() }
    own.acceptor = nil
  }
}
