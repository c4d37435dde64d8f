internal import Glibc
internal import LinuxSystem

/// Listening sockets that the service manager opened: sd_listen_fds(3). They outlive the server, so that
/// no connection is refused while one follows another.
public enum InheritedSockets {
  private static let firstDescriptor: Int32 = 3

  /// The descriptors in the environment, if they are meant for this process; started programs do not
  /// inherit them.
  public static func descriptors() -> [Int32] {
    func number(_ name: String) -> Int32? { getenv(name).flatMap { Int32(String(cString: $0)) } }
    guard number("LISTEN_PID") == getpid(), let count = number("LISTEN_FDS"), 1...1024 ~= count
    else { return [] }
    let descriptors = (0..<count).map { firstDescriptor + $0 }
    for descriptor in descriptors {
      _ = try? retryingSystemCall("fcntl") { fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }
    return descriptors
  }
}
