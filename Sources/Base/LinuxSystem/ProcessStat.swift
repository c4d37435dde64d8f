internal import Glibc

extension Processes {
  /// What the one line of /proc/PID/stat says (proc(5)): a tenth of what /proc/PID/status costs to read.
  public struct Stat: Sendable, Equatable {
    /// R, S, D, Z and so on.
    public let state: Character
    public let parent: ProcessID
    /// User and system CPU time in nanoseconds, rounded down to clock ticks: of all threads of a process, or of
    /// the one thread.
    public let cpuNanoseconds: UInt64
    /// When it started, in clock ticks since the machine did.
    public let startTicks: UInt64

    /// Reads the line of a process or thread; nil if it is none.
    init?(line: [UInt8]) {
      // The name in parentheses may contain anything: fields are counted behind the last one.
      guard let close = line.lastIndex(of: UInt8(ascii: ")")) else { return nil }
      let fields = line[(close + 1)...].split {
        $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n")
      }
      func number<Value: FixedWidthInteger>(_ field: Int) -> Value? {
        // The state is field 3.
        field - 3 < fields.count ? Value(String(decoding: fields[field - 3], as: UTF8.self)) : nil
      }
      guard let state = fields.first?.first, let parent: ProcessID = number(4),
        let user: UInt64 = number(14), let system: UInt64 = number(15),
        let start: UInt64 = number(22)
      else { return nil }
      self.state = Character(UnicodeScalar(state))
      self.parent = parent
      let ticks = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
      cpuNanoseconds = (user &+ system) &* (1_000_000_000 / ticks)
      startTicks = start
    }
  }

  /// Of a process or, with `thread`, of that thread alone; nil if it is gone.
  public static func readStat(of process: ProcessID, thread: ProcessID? = nil) -> Stat? {
    let path = thread.map { "/proc/\(process)/task/\($0)/stat" } ?? "/proc/\(process)/stat"
    return (try? readFile(path)).flatMap { Stat(line: $0) }
  }

  /// User and system CPU time of a process (all threads) or, with `thread`, of that thread, in
  /// nanoseconds rounded down to clock ticks; nil if it is gone.
  public static func cpuNanoseconds(of process: ProcessID, thread: ProcessID? = nil) -> UInt64? {
    readStat(of: process, thread: thread)?.cpuNanoseconds
  }

  /// When a process started, in clock ticks since the machine did; nil if it is gone. Tells it from a
  /// later one with the same number.
  public static func startTicks(of process: ProcessID) -> UInt64? {
    readStat(of: process)?.startTicks
  }
}
