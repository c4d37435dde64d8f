internal import Glibc

/// Lets one thread wait until another says so (sem_init(3)).
///
/// Unsafe code. The invariant: the semaphore is initialised before anybody has this and destroyed when
/// nobody has it any more; in between, its functions may be called by any thread.
public final class ThreadSignal: @unchecked Sendable {
  private let semaphore: UnsafeMutablePointer<sem_t>

  public init() {
    semaphore = .allocate(capacity: 1)
    semaphore.initialize(to: sem_t())
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  /// Lets one ``wait()`` return, this or the next.
  public func raise() { sem_post(semaphore) }

  /// Blocks this thread until somebody raises it.
  public func wait() {
    while sem_wait(semaphore) != 0, errno == EINTR {}
  }
}
