internal import LinuxSystem
internal import Synchronization

/// What is known of the schema, for readiness: looking at it takes connections of its own, which who asks
/// again and again must not use up.
///
/// Whoever asks is told at once what was found last. If that is some time ago, it is looked at again in the
/// background, by one at a time, however many ask. That it cannot be looked at says nothing about it.
final class SchemaWatch: Sendable {
  private struct State {
    var isCurrent = true
    var lookedAt: UInt64
    var isLooking = false
  }

  private let intervalNanoseconds: UInt64
  private let look: @Sendable () async throws -> Bool
  private let state: Mutex<State>

  /// Begins with a schema that was found to be the right one just now.
  init(
    intervalNanoseconds: UInt64 = 30_000_000_000, look: @escaping @Sendable () async throws -> Bool
  ) {
    self.intervalNanoseconds = intervalNanoseconds
    self.look = look
    state = Mutex(State(lookedAt: Clock.monotonicNanoseconds))
  }

  /// Whether all is applied that this program needs, as far as is known. Does not wait.
  func isCurrent() -> Bool {
    let now = Clock.monotonicNanoseconds
    let (isCurrent, isDue) = state.withLock { state in
      let isDue = !state.isLooking && now &- state.lookedAt >= intervalNanoseconds
      if isDue { state.isLooking = true }
      return (state.isCurrent, isDue)
    }
    if isDue {
      Task {
        let found = try? await look()
        state.withLock { state in
          state.isCurrent = found ?? state.isCurrent
          state.lookedAt = Clock.monotonicNanoseconds
          state.isLooking = false
        }
      }
    }
    return isCurrent
  }
}
