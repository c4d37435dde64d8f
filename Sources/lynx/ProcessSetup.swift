import Glibc

/// What the process needs before its command begins.
enum ProcessSetup {
  static func perform() {
    occupyStandardDescriptors()
    raiseDescriptorLimit()
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

  /// One event for each thread and CPU takes many descriptors; the soft limit is a default for
  /// programs that use `select`.
  private static func raiseDescriptorLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
      limit.rlim_cur < limit.rlim_max
    else { return }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
