internal import Synchronization

/// Stops a migration from another thread, as when somebody presses Ctrl-C: the statement that runs is
/// ended in the server as well, and what its transaction did is undone.
public final class Interruption: Sendable {
  private struct State {
    var isRequested = false
    var cancel: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  public init() {}

  public var isRequested: Bool { state.withLock { $0.isRequested } }

  /// To be called again until the migration has ended: a request that comes between two statements
  /// finds nothing to cancel.
  ///
  /// The lock is held meanwhile, so that no request reaches the server after the statement it is for.
  public func request() {
    state.withLock { state in
      state.isRequested = true
      state.cancel?()
    }
  }

  /// Runs `body`, which `cancel` ends early from any thread.
  func cancelling<Result, Failure>(
    by cancel: @escaping @Sendable () -> Void, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    state.withLock { $0.cancel = cancel }
    defer { state.withLock { $0.cancel = nil } }
    return try body()
  }

  /// Throws ``MigrationError/Kind/interrupted`` once it was requested.
  func check(_ what: @autoclosure () -> String) throws(MigrationError) {
    if isRequested { throw MigrationError(.interrupted, what()) }
  }
}
