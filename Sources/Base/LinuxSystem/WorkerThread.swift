internal import Glibc

/// A thread of its own for work that blocks: the database's. Swift's tasks share a pool of few
/// threads, which such work would hold up.
///
/// Unsafe code. The invariant: the box with the body is handed over to the new thread, which
/// releases it once.
public enum WorkerThread {
  private final class Body {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts `body` on a detached thread; false if the system has none left.
  public static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
    let box = Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        if let argument {
          Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        }
        return nil
      }, box.toOpaque())
    guard code == 0 else {
      box.release()
      return false
    }
    pthread_detach(thread)
    return true
  }
}

extension WorkerThread {
  /// Has `body` done by a thread of its own, or by this one if the system has none left.
  public static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      if !start({ continuation.resume(returning: body()) }) {
        continuation.resume(returning: body())
      }
    }
  }
}
