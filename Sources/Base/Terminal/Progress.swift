import Glibc
import Synchronization

/// One line on standard error that says how far a command is, rewritten in place.
///
/// It appears on a terminal only, and not with `--quiet`. Whoever prints something else calls
/// `note` for it, or `finish` before, so that the texts do not mix. Safe to use from any thread.
public final class Progress: Sendable {
  private struct State: Sendable {
    var isShown = false
    var nextNanoseconds: UInt64 = 0
  }

  /// No more than ten lines a second: more cannot be read, and each costs a write.
  private static let intervalNanoseconds: UInt64 = 100_000_000

  private let isAnimated: Bool
  private let isQuiet: Bool
  private let columns: Int
  private let write: @Sendable (String) -> Void
  private let now: @Sendable () -> UInt64
  private let state = Mutex(State())

  /// Progress of a command on its standard error.
  public convenience init(isQuiet: Bool) {
    let stream = StandardStream.error
    self.init(
      isQuiet: isQuiet,
      columns: environmentValue("TERM") == "dumb" ? nil : stream.columns,
      now: { monotonicNanoseconds() },
      // Nowhere is left to say that standard error cannot be written.
      write: { try? stream.write($0) })
  }

  /// Progress on a terminal of `columns` columns, or on none, that asks `now` for the time in
  /// nanoseconds and hands what it prints to `write`.
  public init(
    isQuiet: Bool, columns: Int?, now: @escaping @Sendable () -> UInt64,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.isQuiet = isQuiet
    self.isAnimated = columns != nil && !isQuiet
    self.columns = columns ?? 0
    self.now = now
    self.write = write
  }

  /// Shows `text`, which is made only if it is time for a new line.
  public func update(_ text: @autoclosure () -> String) {
    guard isAnimated else { return }
    state.withLock { state in
      let time = now()
      guard time >= state.nextNanoseconds else { return }
      state.nextNanoseconds = time &+ Self.intervalNanoseconds
      state.isShown = true
      // The last column stays free: some terminals wrap when it is written.
      write("\r" + cut(printable(text()), toWidth: columns - 1) + "\u{1B}[K")
    }
  }

  /// Prints `text` on a line of its own, terminal or not, unless quiet.
  public func note(_ text: String) {
    guard !isQuiet else { return }
    state.withLock { state in
      clear(&state)
      write(printable(text) + "\n")
    }
  }

  /// Clears the line; what is printed next begins at its start.
  public func finish() {
    state.withLock { state in clear(&state) }
  }

  private func clear(_ state: inout State) {
    guard state.isShown else { return }
    state.isShown = false
    state.nextNanoseconds = 0
    write("\r\u{1B}[K")
  }
}

private func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(bitPattern: Int64(time.tv_sec)) &* 1_000_000_000
    &+ UInt64(bitPattern: Int64(time.tv_nsec))
}
