import Glibc
import LinuxSystem
import Terminal

/// A started program, ended at the latest when nobody holds on to it any more.
final class RunningProcess {
  let processID: ProcessID
  let startNanoseconds: UInt64
  private let command: [String]
  private var end: End?
  private var peakMemoryBytes: Int64 = 0

  /// How it ended and what it used.
  struct End {
    let status: ChildProcess.ExitStatus
    /// From its start until its end was noticed.
    let wallSeconds: Double
    let endNanoseconds: UInt64
    /// User and system time of the process and the children it waited for, from wait4.
    let cpuSeconds: Double
    /// The largest VmHWM seen, if memory was watched: 0 else.
    let peakMemoryBytes: Int64
  }

  /// What its standard streams are.
  struct Streams {
    /// Nil is /dev/null.
    var input: Int32?
    var outputPath = "/dev/null"
    var errorPath = "/dev/null"
  }

  init(_ command: [String], _ streams: Streams = Streams()) throws(CommandError) {
    self.command = command
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input = streams.input {
      posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    } else {
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    }
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, streams.outputPath, flags, 0o644)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, streams.errorPath, flags, 0o644)

    // Signals are blocked here to be polled for; what is started must hear them.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    startNanoseconds = Clock.monotonicNanoseconds
    let code = posix_spawnp(&process, command[0], &actions, &attributes, arguments, environ)
    guard code == 0 else {
      throw CommandError(
        .failed, "cannot start \(quoted(command[0])): \(String(cString: strerror(code)))")
    }
    processID = process
  }

  deinit { kill() }

  /// Sends a signal, unless it has ended; the moment it was sent.
  @discardableResult
  func send(signal: Int32) -> UInt64 {
    let now = Clock.monotonicNanoseconds
    if end == nil { Glibc.kill(processID, signal) }
    return now
  }

  /// Ends it for good, if it still runs.
  func kill() {
    guard end == nil else { return }
    Glibc.kill(processID, SIGKILL)
    end = reap()
  }

  /// Waits for its end; nil if it still runs after `seconds`.
  ///
  /// - Parameter watchingMemory: reads its VmHWM every 20 ms: its last values are those of the
  ///   end, while what wait4 says would include what this process had when it forked.
  /// - Throws: when this program is told to stop.
  func wait(
    within seconds: Double, watchingMemory: Bool = false, interrupts: Interrupts
  ) throws(CommandError) -> End? {
    if let end { return end }
    guard let number = Processes.endDescriptor(of: processID) else {
      throw CommandError(.failed, "pidfd_open is not to be had; it came with Linux 5.3")
    }
    let descriptor = FileDescriptor(owning: number)
    let deadline = Clock.monotonicNanoseconds + UInt64(seconds * 1e9)
    while true {
      if watchingMemory {
        let bytes = Processes.status(of: processID)?.peakMemoryBytes ?? 0
        peakMemoryBytes = max(peakMemoryBytes, bytes)
      }
      let now = Clock.monotonicNanoseconds
      guard now < deadline else { return nil }
      let left = (deadline - now) / 1_000_000 + 1
      let ready = waitForReadable(
        [descriptor.number, interrupts.pollDescriptor],
        timeoutMilliseconds: Int32(clamping: watchingMemory ? min(left, 20) : left))
      if ready.contains(1) { try interrupts.check() }
      if ready.contains(0) {
        let end = reap()
        self.end = end
        return end
      }
    }
  }

  private func reap() -> End {
    let now = Clock.monotonicNanoseconds
    var status: Int32 = 0
    var usage = rusage()
    // It has ended or was killed: this does not wait long.
    _ = try? retryingSystemCall("wait4") { wait4(processID, &status, 0, &usage) }
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    // The macros WIFSIGNALED, WTERMSIG and WEXITSTATUS of wait(2).
    let signal = status & 0x7f
    return End(
      status: signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal),
      wallSeconds: Double(now - startNanoseconds) / 1e9, endNanoseconds: now,
      cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
      peakMemoryBytes: peakMemoryBytes)
  }
}
