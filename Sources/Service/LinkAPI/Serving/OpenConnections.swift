internal import NIOCore
internal import Synchronization

/// The connections of a server, so that they can be ended.
final class OpenConnections: Sendable {
  fileprivate struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var isDraining = false
    var waiting: [CheckedContinuation<Void, Never>] = []
    /// Who wants to hear that there are fewer connections than that.
    var watching: [(limit: Int, tell: @Sendable () -> Void)] = []
  }

  private let state = Mutex(State())

  var count: Int { state.withLock { $0.channels.count } }

  /// Whether connections are to end with the answer that they are at.
  var isDraining: Bool { state.withLock { $0.isDraining } }

  func add(_ channel: any Channel) {
    state.withLock { $0.channels[ObjectIdentifier(channel)] = channel }
  }

  func remove(_ channel: any Channel) {
    let (watching, waiting) = state.withLock { state in
      state.channels[ObjectIdentifier(channel)] = nil
      return (state.takeWatching(), state.takeWaiting())
    }
    // First: the loops that they tell may end once nobody is left.
    for tell in watching { tell() }
    for continuation in waiting { continuation.resume() }
  }

  /// Calls `tell` once, as soon as there are fewer connections than `limit`, which may be at once.
  func whenBelow(_ limit: Int, _ tell: @escaping @Sendable () -> Void) {
    let watching = state.withLock { state in
      state.watching.append((limit, tell))
      return state.takeWatching()
    }
    for tell in watching { tell() }
  }

  /// Has connections end once they have answered what was asked.
  func drain() {
    let channels = state.withLock { state in
      state.isDraining = true
      return Array(state.channels.values)
    }
    for channel in channels {
      channel.pipeline.fireUserInboundEventTriggered(DrainEvent())
    }
  }

  func closeAll() {
    for channel in state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
  }

  /// Returns when there is none any more.
  func untilEmpty() async {
    await withCheckedContinuation { continuation in
      let waiting = state.withLock { state in
        state.waiting.append(continuation)
        return state.takeWaiting()
      }
      for continuation in waiting { continuation.resume() }
    }
  }
}

extension OpenConnections.State {
  fileprivate mutating func takeWatching() -> [@Sendable () -> Void] {
    if watching.isEmpty { return [] }
    let count = channels.count
    defer { watching.removeAll { count < $0.limit } }
    return watching.filter { count < $0.limit }.map(\.tell)
  }

  /// Whom there is nothing to wait for any more.
  fileprivate mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
    guard channels.isEmpty else { return [] }
    defer { waiting = [] }
    return waiting
  }
}

/// A connection is to end once it has answered what was asked.
struct DrainEvent: Sendable {}
