internal import Glibc

/// Jobs for threads that own a database connection: any thread appends, a working thread waits for
/// what has come together since it last looked.
///
/// Unsafe code. The invariant: `lock` guards `state`, both live as long as the queue.
final class JobQueue<Job: Sendable>: @unchecked Sendable {
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private var jobs: [Job] = []
  private var first = 0
  private var isClosed = false

  init() {
    lock = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(lock)
    changed.deallocate()
    lock.deallocate()
  }

  /// False if the queue is closed; the job is the caller's again.
  func append(_ job: Job) -> Bool {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    if isClosed { return false }
    jobs.append(job)
    pthread_cond_signal(changed)
    return true
  }

  /// Waits until there are jobs and takes the oldest, at most `limit` of them. None means that the
  /// queue is closed and everything was taken.
  func take(upTo limit: Int) -> [Job] {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while first == jobs.count, !isClosed { pthread_cond_wait(changed, lock) }
    let end = min(jobs.count, first + limit)
    let taken = Array(jobs[first..<end])
    first = end
    if first == jobs.count {
      jobs.removeAll(keepingCapacity: true)
      first = 0
    } else if first > 4096 {
      jobs.removeFirst(first)
      first = 0
    }
    return taken
  }

  /// What is queued will still be taken.
  func close() {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    isClosed = true
    pthread_cond_broadcast(changed)
  }
}
