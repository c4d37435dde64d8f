internal import LinuxSystem
internal import Synchronization

/// Where tasks leave work for the driving thread, which polls a descriptor besides its sockets.
final class PostgresInbox: Sendable {
  private struct State {
    var work: [PostgresWork] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  private let wakeUp: WakeUp

  init() throws(SystemCallError) {
    wakeUp = try WakeUp()
  }

  /// Readable while there is something to take.
  var descriptor: Int32 { wakeUp.descriptor }

  /// False if it is closed; the work is the caller's again.
  func append(_ work: PostgresWork) -> Bool {
    let (isTaken, isFirst) = state.withLock { state in
      if state.isClosed { return (false, false) }
      state.work.append(work)
      return (true, state.work.count == 1)
    }
    if isFirst { wakeUp.signal() }
    return isTaken
  }

  func close() {
    state.withLock { $0.isClosed = true }
    wakeUp.signal()
  }

  /// Everything left here since the last call, and whether more may come.
  func takeAll() -> (work: [PostgresWork], isClosed: Bool) {
    wakeUp.clear()
    return state.withLock { state in
      defer { state.work = [] }
      return (state.work, state.isClosed)
    }
  }
}
