internal import CLinuxShims
internal import Glibc

/// A descriptor that any thread makes readable to wake one that polls it (eventfd(2)).
public final class WakeUp: Sendable {
  /// Readable from a ``signal()`` to the next ``clear()``.
  public let descriptor: Int32

  public init() throws(SystemCallError) {
    descriptor = lynx_event_descriptor()
    if descriptor < 0 { throw SystemCallError(call: "eventfd", code: -descriptor) }
  }

  deinit { close(descriptor) }

  public func signal() {
    var one: UInt64 = 1
    // It can only fail because the descriptor is readable already.
    _ = write(descriptor, &one, 8)
  }

  public func clear() {
    var count: UInt64 = 0
    _ = read(descriptor, &count, 8)
  }
}
