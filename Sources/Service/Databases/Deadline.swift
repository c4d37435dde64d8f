internal import LinuxSystem

/// A moment on the monotonic clock by which something has to be done.
struct Deadline {
  /// Nil if there is all the time in the world.
  let nanoseconds: UInt64?

  init(milliseconds: Int?) {
    nanoseconds = milliseconds.map {
      Clock.monotonicNanoseconds &+ UInt64(clamping: max(0, min($0, 1 << 40))) &* 1_000_000
    }
  }

  static var never: Deadline { Deadline(milliseconds: nil) }

  var isOver: Bool { nanoseconds.map { Clock.monotonicNanoseconds >= $0 } ?? false }

  /// As poll(2) takes it: rounded up, -1 for ever.
  var pollMilliseconds: Int32 {
    guard let nanoseconds else { return -1 }
    let now = Clock.monotonicNanoseconds
    return now >= nanoseconds ? 0 : Int32(clamping: (nanoseconds - now + 999_999) / 1_000_000)
  }
}
