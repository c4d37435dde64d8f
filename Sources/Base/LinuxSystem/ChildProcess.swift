internal import CLinuxShims
internal import Glibc

/// A command that was forked but runs only when it is let go: in between, its events are opened.
public final class ChildProcess {
  public let processID: ProcessID
  private var releaseDescriptor: Int32
  private var outcomeDescriptor: Int32
  private var exitStatus: ExitStatus?

  /// How a process ended.
  public enum ExitStatus: Sendable, Equatable {
    case exited(Int32)
    case killed(signal: Int32)

    /// What a shell would report: the exit code, or 128 + the signal's number.
    public var shellCode: Int32 {
      switch self {
      case .exited(let code): code
      case .killed(let signal): 128 + signal
      }
    }
  }

  /// Forks and holds the command. Its standard streams are this process's own; its limit of open
  /// files is what this process's was before ``Machine/raiseOpenFileLimit()``.
  public convenience init(holding command: [String]) throws(SystemCallError) {
    try self.init(holding: command, outputDescriptor: -1)
  }

  /// Starts a server for this process's own use: what it writes goes to `output`, signals of the terminal
  /// do not reach it, and it is told to end (SIGTERM) when the calling thread ends.
  ///
  /// - Throws: why it could not be executed.
  public convenience init(
    serving command: [String], output: borrowing FileDescriptor
  ) throws(SystemCallError) {
    try self.init(holding: command, outputDescriptor: output.number)
    try release()
  }

  private init(holding command: [String], outputDescriptor: Int32) throws(SystemCallError) {
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    var child = lynx_held_child()
    try systemCall(
      "fork",
      result: lynx_spawn_held(arguments, Machine.initialOpenFileLimit, outputDescriptor, &child))
    processID = child.pid
    releaseDescriptor = child.release_fd
    outcomeDescriptor = child.outcome_fd
  }

  deinit {
    if releaseDescriptor >= 0 { close(releaseDescriptor) }
    if outcomeDescriptor >= 0 { close(outcomeDescriptor) }
  }

  /// Lets the command run; throws why it could not be executed.
  public func release() throws(SystemCallError) {
    guard releaseDescriptor >= 0 else { return }
    var byte: UInt8 = 1
    let releasing = releaseDescriptor
    let outcome = outcomeDescriptor
    defer {
      close(releasing)
      close(outcome)
      releaseDescriptor = -1
      outcomeDescriptor = -1
    }
    try retryingSystemCall("write") { write(releasing, &byte, 1) }
    var code: Int32 = 0
    let count = try retryingSystemCall("read") {
      read(outcome, &code, MemoryLayout<Int32>.size)
    }
    if count > 0 {
      _ = try? wait()
      throw SystemCallError(call: "exec", code: code)
    }
  }

  /// Ends a command that was never released.
  public func abandon() {
    guard releaseDescriptor >= 0 else { return }
    close(releaseDescriptor)
    releaseDescriptor = -1
    _ = try? wait()
  }

  /// How it ended, nil while it runs.
  public func poll() -> ExitStatus? {
    if let exitStatus { return exitStatus }
    var status: Int32 = 0
    let found = waitpid(processID, &status, WNOHANG)
    // Somebody else took the status: all that is known is that it is gone.
    if found < 0, errno == ECHILD { return note(0) }
    return found == processID ? note(status) : nil
  }

  /// Waits for its end.
  @discardableResult
  public func wait() throws(SystemCallError) -> ExitStatus {
    if let exitStatus { return exitStatus }
    var status: Int32 = 0
    try retryingSystemCall("waitpid") { waitpid(processID, &status, 0) }
    return note(status)
  }

  /// Waits for its end, but not longer than given; nil if it still runs.
  public func wait(milliseconds: Int32) -> ExitStatus? {
    let deadline = Clock.monotonicNanoseconds &+ UInt64(max(0, milliseconds)) &* 1_000_000
    let descriptor = Processes.endDescriptor(of: processID)
    defer { if let descriptor { close(descriptor) } }
    while true {
      if let status = poll() { return status }
      let now = Clock.monotonicNanoseconds
      guard now < deadline else { return nil }
      let left = Int32(clamping: (deadline - now) / 1_000_000 + 1)
      _ = waitForReadable(
        descriptor.map { [$0] } ?? [], timeoutMilliseconds: descriptor == nil ? min(20, left) : left
      )
    }
  }

  public func send(signal: Int32) {
    if exitStatus == nil { kill(processID, signal) }
  }

  private func note(_ status: Int32) -> ExitStatus {
    // The macros WIFSIGNALED, WTERMSIG and WEXITSTATUS of wait(2).
    let signal = status & 0x7f
    let result: ExitStatus =
      signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
    exitStatus = result
    return result
  }
}
