import Glibc
import Migrations
import Synchronization
import Terminal

/// Lets SIGINT, SIGTERM and SIGHUP stop a migration in order; those that are ignored stay so. A second
/// one ends the process at once.
///
/// Unsafe code. The invariant: the box with the watch is handed over to the new thread, which releases
/// it once.
final class StopWatch: Sendable {
  private struct State {
    var received: Int32?
    var isOver = false
  }

  private let state = Mutex(State())
  private let interruption: Interruption
  /// Called if stopping takes a while.
  private let onDelay: @Sendable () -> Void

  private init(_ interruption: Interruption, _ onDelay: @escaping @Sendable () -> Void) {
    self.interruption = interruption
    self.onDelay = onDelay
  }

  /// Runs `body`, which `interruption` ends early; the signal that arrived meanwhile, nil if none did.
  static func during(
    _ interruption: Interruption, onDelay: @escaping @Sendable () -> Void, _ body: () -> Void
  ) -> Int32? {
    var signals = watched()
    var before = sigset_t()
    // Blocked before the thread is made, so that they wait for it.
    pthread_sigmask(SIG_BLOCK, &signals, &before)
    let watch = StopWatch(interruption, onDelay)
    // Without a thread, signals are what they would be without a watch.
    if !watch.start() { pthread_sigmask(SIG_SETMASK, &before, nil) }
    body()
    let received = watch.state.withLock { state in
      state.isOver = true
      return state.received
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
    return received
  }

  private static func watched() -> sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] where !ProcessSetup.isIgnored(number) {
      sigaddset(&signals, number)
    }
    return signals
  }

  private func start() -> Bool {
    let box = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<StopWatch>.fromOpaque(argument).takeRetainedValue().watch() }
        return nil
      }, box.toOpaque())
    guard code == 0 else {
      box.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  private func watch() {
    var signals = Self.watched()
    var number: Int32 = 0
    guard sigwait(&signals, &number) == 0 else { return }
    // From here on they do what they do to everybody.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    let isOver = state.withLock { state in
      if !state.isOver { state.received = number }
      return state.isOver
    }
    if isOver {
      kill(getpid(), number)
      return
    }
    var attempts = 0
    while !state.withLock({ $0.isOver }) {
      interruption.request()
      usleep(200_000)
      attempts += 1
      if attempts == 5 { onDelay() }
    }
  }
}

/// Thrown to say why a command failed and then to end as the signal that stopped it would have ended
/// it, so that a shell's loop or script ends as well.
struct CommandStopped: Error {
  var error: CommandError
  var signal: Int32
}
