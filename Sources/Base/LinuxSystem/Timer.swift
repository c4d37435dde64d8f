internal import CLinuxShims
internal import Glibc

/// A descriptor that becomes readable at a time (timerfd_create(2)).
public struct Timer: ~Copyable, Sendable {
  public let descriptor: Int32

  public init() throws(SystemCallError) {
    descriptor = try systemCall("timerfd_create", result: lynx_timer_descriptor())
  }

  deinit { close(descriptor) }

  /// Readable from a time on (CLOCK_MONOTONIC, ns; ``Clock/monotonicNanoseconds``) until ``clear()``; what
  /// was set before is forgotten.
  public func set(_ nanoseconds: UInt64) {
    // Zero would mean never. It can only fail for what is no timer.
    _ = lynx_timer_set(descriptor, max(1, nanoseconds))
  }

  public func clear() {
    var count: UInt64 = 0
    _ = read(descriptor, &count, 8)
  }
}
