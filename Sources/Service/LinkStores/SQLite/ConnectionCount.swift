internal import Synchronization

/// How many threads have a connection open, for who has to wait until none has.
final class ConnectionCount: Sendable {
  private struct State {
    var count = 0
    var waiting: [CheckedContinuation<Void, Never>] = []

    /// Whom there is nothing to wait for any more.
    mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
      guard count == 0 else { return [] }
      defer { waiting = [] }
      return waiting
    }
  }

  private let state = Mutex(State())

  func add() { state.withLock { $0.count += 1 } }

  /// To be called when the connection is closed.
  func remove() {
    let waiting = state.withLock { state in
      state.count -= 1
      return state.takeWaiting()
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Returns when nobody has one.
  func untilNone() async {
    await withCheckedContinuation { continuation in
      let waiting = state.withLock { state in
        state.waiting.append(continuation)
        return state.takeWaiting()
      }
      for continuation in waiting { continuation.resume() }
    }
  }
}
