import LinuxSystem
import Synchronization

/// From a command, which runs on the main thread, to what can only be waited for by tasks.
enum Blocking {
  /// Waits for `body`, which runs elsewhere. Not for threads that run tasks.
  static func run<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    let outcome = Outcome<Result<Value, any Error>>()
    Task.detached {
      do {
        outcome.set(.success(try await body()))
      } catch {
        outcome.set(.failure(error))
      }
    }
    return try outcome.wait().get()
  }

  static func run<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value {
    let outcome = Outcome<Value>()
    Task.detached { outcome.set(await body()) }
    return outcome.wait()
  }

  private final class Outcome<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let condition = ThreadSignal()

    func set(_ new: Value) {
      value.withLock { $0 = new }
      condition.raise()
    }

    func wait() -> Value {
      while true {
        condition.wait()
        if let value = value.withLock({ $0 }) { return value }
      }
    }
  }
}
