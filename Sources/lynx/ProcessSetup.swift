import Glibc
import LinuxSystem

/// What the process needs before its command begins.
enum ProcessSetup {
  static func perform() {
    occupyStandardDescriptors()
    // One event for each thread and CPU takes many descriptors.
    Machine.raiseOpenFileLimit()
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
