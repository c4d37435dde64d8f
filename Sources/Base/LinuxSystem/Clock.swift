internal import Glibc

/// The clocks that samples and reports are stamped with.
public enum Clock {
  /// CLOCK_MONOTONIC in nanoseconds: the clock of every sample.
  public static var monotonicNanoseconds: UInt64 { read(CLOCK_MONOTONIC) }

  /// CLOCK_REALTIME in nanoseconds since 1970.
  public static var wallNanoseconds: UInt64 { read(CLOCK_REALTIME) }

  /// User and system CPU time of this process, in nanoseconds.
  public static var processCPUNanoseconds: UInt64 { read(CLOCK_PROCESS_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    guard clock_gettime(clock, &time) == 0 else { return 0 }
    return UInt64(max(0, time.tv_sec)) * 1_000_000_000 + UInt64(max(0, time.tv_nsec))
  }
}
