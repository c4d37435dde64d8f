internal import Synchronization

/// Lets many read or one flush, never both. Who wants to flush comes before those who want to read
/// after it, so that reading cannot keep clicks from the database.
final class FlushGate: Sendable {
  private struct State {
    var readers = 0
    var isFlushing = false
    var flushers: [CheckedContinuation<Void, Never>] = []
    var waitingReaders: [CheckedContinuation<Void, Never>] = []

    /// Whom to let in now.
    mutating func next() -> [CheckedContinuation<Void, Never>] {
      if isFlushing { return [] }
      if !flushers.isEmpty {
        if readers > 0 { return [] }
        isFlushing = true
        return [flushers.removeFirst()]
      }
      readers += waitingReaders.count
      defer { waitingReaders = [] }
      return waitingReaders
    }
  }

  private let state = Mutex(State())

  func reading<Value>(_ body: () async throws -> Value) async rethrows -> Value {
    await withCheckedContinuation { continuation in
      change { $0.waitingReaders.append(continuation) }
    }
    defer { change { $0.readers -= 1 } }
    return try await body()
  }

  func flushing<Value>(_ body: () async throws -> Value) async rethrows -> Value {
    await withCheckedContinuation { continuation in
      change { $0.flushers.append(continuation) }
    }
    defer { change { $0.isFlushing = false } }
    return try await body()
  }

  private func change(_ body: (inout State) -> Void) {
    let next = state.withLock { state in
      body(&state)
      return state.next()
    }
    for continuation in next { continuation.resume() }
  }
}
