internal import LinuxSystem

/// The files in which the kernel tells of the machine, below a root of one's own choice: a test's copy of
/// /proc and /sys says what this machine does not.
public struct SystemFiles: Sendable {
  private let root: String

  /// `root` without a slash at its end; empty for the machine's own.
  public init(root: String = "") { self.root = root }

  /// Where a file, named from the machine's root on, is.
  public func path(_ path: String) -> String { root + path }

  /// What is in a small file, without white space around it; nil if it cannot be read.
  public func text(_ path: String) -> String? { readText(root + path) }

  /// A file with a number in it, such as /proc/sys/kernel/perf_event_paranoid.
  public func number(_ path: String) -> Int? { text(path).flatMap { Int($0) } }
}
