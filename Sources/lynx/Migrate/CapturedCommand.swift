import Glibc
import LinuxSystem
import Terminal

/// A command whose output is read rather than passed on; its errors go where ours go.
enum CapturedCommand {
  /// What `command` printed, and how it ended.
  ///
  /// - Throws: why it could not be started.
  static func run(
    _ command: [String]
  ) throws(SystemCallError) -> (output: [UInt8], status: ChildProcess.ExitStatus) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw SystemCallError(call: "pipe", code: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let (reading, writing) = (ends[0], ends[1])
    defer { close(reading) }
    let child = try closingBehind(writing) { () throws(SystemCallError) in
      try withStandardOutput(writing) { () throws(SystemCallError) in
        try ChildProcess(holding: command)
      }
    }
    try child.release()
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(reading, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      output += chunk[..<count]
    }
    return (output, try child.wait())
  }

  /// As long as an end to write to is open here, the reading does not end.
  private static func closingBehind<Result>(
    _ descriptor: Int32, _ body: () throws(SystemCallError) -> Result
  ) throws(SystemCallError) -> Result {
    defer { close(descriptor) }
    return try body()
  }

  /// A child takes over the standard output there is at its birth.
  private static func withStandardOutput<Result>(
    _ descriptor: Int32, _ body: () throws(SystemCallError) -> Result
  ) throws(SystemCallError) -> Result {
    let own = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
    guard own >= 0 else { throw SystemCallError(call: "fcntl", code: errno) }
    defer {
      dup2(own, STDOUT_FILENO)
      close(own)
    }
    guard dup2(descriptor, STDOUT_FILENO) >= 0 else {
      throw SystemCallError(call: "dup2", code: errno)
    }
    return try body()
  }
}
