import Glibc
import LinuxSystem

/// What the process needs before its command begins.
enum ProcessSetup {
  static func perform() {
    occupyStandardDescriptors()
    letQuitSignalQuit()
    // One event for each thread and CPU takes many descriptors.
    Machine.raiseOpenFileLimit()
  }

  /// Swift's runtime takes SIGQUIT for a crash, describes it, and the program goes on. Who presses
  /// Ctrl-\ wants it to end.
  private static func letQuitSignalQuit() {
    // Whoever started this in the background may have it ignored.
    if !isIgnored(SIGQUIT) { signal(SIGQUIT, SIG_DFL) }
  }

  /// Whether a signal does nothing, as SIGHUP does below nohup.
  static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    // SIG_IGN is the address 1.
    return action.__sigaction_handler.sa_handler.map { unsafeBitCast($0, to: Int.self) } == 1
  }

  /// If the shell closed one of the first three descriptors, the next file opened would take its
  /// number, and messages would be written into it. The stand-in refuses to be used the wrong way,
  /// so that writing to a closed standard output stays an error.
  private static func occupyStandardDescriptors() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
      // Opening takes the lowest free number, which is this one.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
