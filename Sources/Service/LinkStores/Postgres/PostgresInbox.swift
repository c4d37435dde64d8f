internal import LinuxSystem
internal import Synchronization

/// Where tasks leave work for the driving thread, which polls a descriptor besides its sockets.
final class PostgresInbox: Sendable {
  private struct State {
    var work: [PostgresWork] = []
    var isClosed = false
    /// The driving thread is about to poll, or does: it has to be woken.
    var isPolling = false
  }

  private let state = Mutex(State())
  private let wakeUp: WakeUp

  init() throws(SystemCallError) {
    wakeUp = try WakeUp()
  }

  /// Readable once somebody left something while the driving thread polls.
  var descriptor: Int32 { wakeUp.descriptor }

  /// False if it is closed; the work is the caller's again.
  func append(_ work: PostgresWork) -> Bool {
    let (isTaken, isWaitedFor) = state.withLock { state in
      if state.isClosed { return (false, false) }
      state.work.append(work)
      defer { state.isPolling = false }
      return (true, state.isPolling)
    }
    if isWaitedFor { wakeUp.signal() }
    return isTaken
  }

  func close() {
    state.withLock { $0.isClosed = true }
    wakeUp.signal()
  }

  /// Everything left here since the last call, and whether more may come.
  func takeAll() -> (work: [PostgresWork], isClosed: Bool) {
    state.withLock { state in
      defer { state.work = [] }
      return (state.work, state.isClosed)
    }
  }

  /// Has the next ``append(_:)`` or ``close()`` make ``descriptor`` readable; false if something is
  /// here already.
  func willPoll() -> Bool {
    state.withLock { state in
      if state.isClosed || !state.work.isEmpty { return false }
      state.isPolling = true
      return true
    }
  }

  /// After polling, with what it said of ``descriptor``.
  func hasPolled(isReadable: Bool) {
    state.withLock { $0.isPolling = false }
    if isReadable { wakeUp.clear() }
  }
}
