internal import CLinuxShims
internal import Glibc

/// A thread of its own, for work that waits: Swift's tasks share a pool of few threads, which such work
/// would hold up.
///
/// Unsafe code. The invariant: the box with the body is handed over to the new thread, which
/// releases it once.
public enum SystemThread {
  private final class Body {
    let name: String
    let run: @Sendable () -> Void

    init(_ name: String, _ run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }

  /// Starts `body` on a detached thread, whose name profilers show.
  public static func start(
    named name: String, _ body: @escaping @Sendable () -> Void
  ) throws(SystemCallError) {
    let box = Unmanaged.passRetained(Body(name, body))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        if let argument {
          let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
          lynx_name_thread(body.name)
          body.run()
        }
        return nil
      }, box.toOpaque())
    guard code == 0 else {
      box.release()
      throw SystemCallError(call: "pthread_create", code: code)
    }
    pthread_detach(thread)
  }
}
