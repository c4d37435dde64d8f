internal import NIOCore
internal import Synchronization

/// The connections of a server, so that they can be ended.
final class OpenConnections: Sendable {
  fileprivate struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var isDraining = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  var count: Int { state.withLock { $0.channels.count } }

  /// Whether connections are to end with the answer that they are at.
  var isDraining: Bool { state.withLock { $0.isDraining } }

  func add(_ channel: any Channel) {
    state.withLock { $0.channels[ObjectIdentifier(channel)] = channel }
  }

  func remove(_ channel: any Channel) {
    let waiting = state.withLock { state in
      state.channels[ObjectIdentifier(channel)] = nil
      return state.takeWaiting()
    }
    for continuation in waiting { continuation.resume() }
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
  /// Whom there is nothing to wait for any more.
  fileprivate mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
    guard channels.isEmpty else { return [] }
    defer { waiting = [] }
    return waiting
  }
}

/// A connection is to end once it has answered what was asked.
struct DrainEvent: Sendable {}
