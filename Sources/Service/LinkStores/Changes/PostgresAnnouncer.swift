internal import Links
internal import Synchronization

/// Tells other nodes of changes that this one has committed.
///
/// NOTIFY takes a lock of the whole server until its transaction is over, fdatasync included, so that
/// writers would commit one after the other: it is a transaction of its own, which writes nothing to
/// the log that anybody waits for, behind those of the changes and for all that came together. What is
/// lost when the process ends in between, other nodes find when they ask.
final class PostgresAnnouncer: Sendable {
  /// True if the payloads were sent.
  typealias Send = @Sendable (_ payloads: [String]) async -> Bool

  private struct State {
    var changes: [LinkChange] = []
    var areTooMany = false
    var delivery: Task<Void, Never>?
    var isClosed = false
  }

  /// More than this at a time are looked for rather than named.
  private static let limit = 4_096
  private static let pause = Duration.milliseconds(20)
  /// After which it is tried again where NOTIFY failed; other engines may not have it.
  private static let pauseAfterFailure = Duration.seconds(1)
  private let state = Mutex(State())

  func add(_ change: LinkChange, _ send: @escaping Send) {
    state.withLock { state in
      if state.isClosed { return }
      if state.changes.count < Self.limit {
        state.changes.append(change)
      } else {
        state.areTooMany = true
      }
      if state.delivery == nil { state.delivery = Task { await deliver(send) } }
    }
  }

  /// Returns when all that was added is sent, or cannot be.
  func close() async {
    let delivery = state.withLock { state in
      state.isClosed = true
      return state.delivery
    }
    // Ends the pause, not the sending.
    delivery?.cancel()
    await delivery?.value
  }

  private func deliver(_ send: @escaping Send) async {
    while let payloads = takePayloads() {
      let isSent = await send(payloads)
      if !isSent, Task.isCancelled { return }
      try? await Task.sleep(for: isSent ? Self.pause : Self.pauseAfterFailure)
    }
  }

  /// Nil if there is nothing to tell; then the next change begins another delivery.
  private func takePayloads() -> [String]? {
    let (changes, areTooMany) = state.withLock { state in
      defer { (state.changes, state.areTooMany) = ([], false) }
      if state.changes.isEmpty { state.delivery = nil }
      return (state.changes, state.areTooMany)
    }
    if changes.isEmpty { return nil }
    return areTooMany ? ChangeNotice.payloadsOfTooMany : ChangeNotice.payloads(changes)
  }
}
