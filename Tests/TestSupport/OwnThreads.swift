internal import Foundation

/// Runs what blocks on a thread of its own. Tasks share as few threads as there are cores, and all tests
/// share these.
public func onOwnThread<Value: Sendable>(
  _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
  }
}

/// Runs tasks on a thread of their own, so that other tests do not hold them up.
public final class OwnExecutor: TaskExecutor {
  private let queue = DispatchQueue(label: "lynx.tests.own-executor")

  public init() {}

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
