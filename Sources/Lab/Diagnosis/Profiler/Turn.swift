internal import Synchronization

/// What only one check may do at a time.
final class Turn: Sendable {
  private let mutex = Mutex(())

  func take(_ body: () -> Finding) -> Finding {
    mutex.withLock { _ in body() }
  }
}
