import Foundation
import Glibc
import Testing

/// A program that a test started, in a process group of its own so that all of it can be ended.
final class Launched {
  struct End {
    /// As a shell reports it: the exit code, or 128 + the number of the signal.
    let status: Int32
    /// CPU time of it and of the children it waited for.
    let cpuSeconds: Double
  }

  enum Input {
    case nothing
    /// Kept open until ``go()`` writes a line.
    case line
  }

  let id: pid_t
  private let arguments: [String]
  private var inputDescriptor: Int32 = -1
  private var ended: End?

  /// Starts `arguments`, looked up in PATH, in `directory`. Its output goes to the files
  /// `NAME.out` and `NAME.err` there.
  init(
    _ arguments: [String], in directory: Scratch, name: String = "program",
    environment: [String: String] = [:], input: Input = .nothing
  ) throws {
    self.arguments = arguments
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var pipe: [Int32] = [-1, -1]
    if input == .line {
      // Closed on exec from the start: other tests start programs at the same time.
      let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
      let made = socketpair(AF_UNIX, kind, 0, &pipe)
      try #require(made == 0)
      posix_spawn_file_actions_adddup2(&actions, pipe[0], 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    for (descriptor, suffix) in [(Int32(1), "out"), (2, "err")] {
      posix_spawn_file_actions_addopen(
        &actions, descriptor, directory / "\(name).\(suffix)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var variables = ProcessInfo.processInfo.environment
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"] { variables[name] = nil }
    variables.merge(environment) { $1 }
    let command = ["env", "-C", directory.path] + arguments
    var texts = command.map { strdup($0) } + [nil]
    var pairs = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer {
      for text in texts + pairs { free(text) }
      if pipe[0] >= 0 { close(pipe[0]) }
    }
    var child: pid_t = 0
    let code = posix_spawnp(&child, command[0], &actions, &attributes, &texts, &pairs)
    if code != 0, pipe[1] >= 0 { close(pipe[1]) }
    try #require(
      code == 0, "\(arguments[0]) cannot be started: \(String(cString: strerror(code)))")
    id = child
    inputDescriptor = pipe[1]
  }

  deinit { end() }

  /// Writes the line that the program waits for.
  func go() {
    _ = write(inputDescriptor, "\n", 1)
    close(inputDescriptor)
    inputDescriptor = -1
  }

  func send(_ signal: Int32) {
    if ended == nil { kill(id, signal) }
  }

  var isRunning: Bool { poll() == nil }

  /// The program it is by now: commands that change something first become another.
  var executes: String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/exe")
  }

  /// Waits for its end; one that takes too long is killed, and the test fails.
  @discardableResult
  func wait(
    seconds: Double = 60, at location: SourceLocation = #_sourceLocation
  ) -> End {
    let isOver = eventually(seconds: seconds) { self.poll() != nil }
    if !isOver {
      Issue.record("\(arguments) did not end within \(seconds) s", sourceLocation: location)
      end()
    }
    return ended ?? End(status: -1, cpuSeconds: 0)
  }

  /// Ends it and all it started, if they still run.
  func end() {
    kill(-id, SIGKILL)
    while poll() == nil { usleep(1_000) }
    if inputDescriptor >= 0 { close(inputDescriptor) }
    inputDescriptor = -1
  }

  private func poll() -> End? {
    if let ended { return ended }
    var status: Int32 = 0
    var usage = rusage()
    let found = wait4(id, &status, WNOHANG, &usage)
    guard found != 0, !(found < 0 && errno == EINTR) else { return nil }
    let signal = status & 0x7f
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    ended = End(
      status: found < 0 ? -1 : signal == 0 ? (status >> 8) & 0xff : 128 + signal,
      cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime))
    return ended
  }
}

/// Asks until the answer is yes, or for `seconds`; the last answer.
func eventually(seconds: Double = 20, _ condition: () -> Bool) -> Bool {
  let end = Date().addingTimeInterval(seconds)
  while !condition() {
    if Date() > end { return condition() }
    usleep(3_000)
  }
  return true
}
