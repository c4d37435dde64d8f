internal import Glibc
internal import LinuxSystem

/// A socket that connections are accepted from.
final class ListeningSocket: Sendable {
  let descriptor: Int32
  /// With the port that was chosen.
  let address: RedirectSettings.Address
  private let owned: FileDescriptor
  /// The file of a unix socket, removed in the end if it still is this one.
  private let file: (path: String, device: UInt64, inode: UInt64)?

  /// Throws ``RedirectServerError``.
  init(_ address: RedirectSettings.Address, takesOver: Bool) throws {
    do throws(SystemCallError) {
      switch address {
      case .internet(let host, let port):
        let resolved = try ResolvedAddress(host: host, port: port)
        // The socket shares its port (SO_REUSEPORT), so that the next server can take it over; that
        // would let two run side by side by mistake. One that does not share finds out.
        if !takesOver { _ = try SocketCalls.bound(to: resolved, sharesPort: false) }
        owned = try SocketCalls.bound(to: resolved, sharesPort: true)
        self.address = .internet(host: host, port: Self.port(of: owned.number) ?? port)
        file = nil
      case .unix(let path):
        owned = try Self.listening(at: path, takesOver: takesOver)
        // As open as a port of this machine: a proxy is another user. Its directory decides who gets here.
        chmod(path, 0o666)
        self.address = address
        file = Self.identity(path).map { (path, $0.device, $0.inode) }
      case .inherited(let number):
        guard Self.listens(number) else {
          throw SystemCallError(call: "getsockopt", code: EINVAL)
        }
        owned = FileDescriptor(owning: number)
        self.address = address
        file = nil
        try retryingSystemCall("fcntl") { fcntl(number, F_SETFL, O_NONBLOCK) }
      }
      descriptor = owned.number
      try retryingSystemCall("listen") { listen(owned.number, RedirectSettings.backlog) }
    } catch {
      throw RedirectServerError(address, error)
    }
    // Accepted connections inherit it.
    Self.set(IPPROTO_TCP, TCP_NODELAY, on: owned.number)
  }

  /// Whether new connections are this server's affair until it ends: those of an inherited socket wait for
  /// whoever has it next.
  var isOwn: Bool {
    if case .inherited = address { return false }
    return true
  }

  /// Leaves new connections to the server that has taken the address over, if one has. Those of a unix
  /// socket find it by the path already.
  func yield() {
    // An old kernel: what connects between the last accept and the end is reset.
    if case .internet = address { try? yieldPort(of: descriptor) }
  }

  /// Removes the file of a unix socket, unless somebody else's is in its place.
  func removeFile() {
    if let file, let now = Self.identity(file.path), now == (file.device, file.inode) {
      unlink(file.path)
    }
  }

  private static func set(_ level: Int, _ option: Int32, on descriptor: Int32) {
    var one: Int32 = 1
    setsockopt(
      descriptor, Int32(level), option, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  /// `listen` alone would give a port at random to a socket that has none.
  private static func listens(_ descriptor: Int32) -> Bool {
    var answer: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &answer, &length) == 0 && answer == 1
  }

  private static func port(of descriptor: Int32) -> Int? {
    var address = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    // The port is in the same place for both families.
    let isKnown = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    return isKnown == 0 ? Int(UInt16(bigEndian: address.sin6_port)) : nil
  }

  // MARK: Unix sockets

  private static func identity(_ path: String) -> (device: UInt64, inode: UInt64)? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    return (UInt64(status.st_dev), UInt64(status.st_ino))
  }

  /// A socket at the path. One that a former server left behind, or has open still if it is to be taken
  /// over, is replaced: at every moment somebody listens there.
  private static func listening(
    at path: String, takesOver: Bool
  ) throws(SystemCallError) -> FileDescriptor {
    let address = try ResolvedAddress(path: path)
    var status = stat()
    guard lstat(path, &status) == 0 else { return try listening(address) }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw SystemCallError(call: "bind", code: EEXIST, subject: path)
    }
    if !takesOver, try isServed(address) {
      throw SystemCallError(call: "bind", code: EADDRINUSE, subject: path)
    }
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    let beside = "\(folder).\(getpid())-\(UInt16.random(in: 0 ... .max))"
    guard let addressBeside = try? ResolvedAddress(path: beside) else {
      // Too long a name.
      unlink(path)
      return try listening(address)
    }
    let descriptor = try listening(addressBeside)
    do throws(SystemCallError) {
      try retryingSystemCall("rename", on: path) { rename(beside, path) }
    } catch {
      unlink(beside)
      throw error
    }
    return descriptor
  }

  private static func listening(
    _ address: ResolvedAddress
  ) throws(SystemCallError) -> FileDescriptor {
    let descriptor = try SocketCalls.bound(to: address, sharesPort: false)
    try retryingSystemCall("listen") { listen(descriptor.number, RedirectSettings.backlog) }
    return descriptor
  }

  private static func isServed(_ address: ResolvedAddress) throws(SystemCallError) -> Bool {
    let number = try retryingSystemCall("socket") {
      socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }
    let probe = FileDescriptor(owning: number)
    return address.connect(probe.number) == 0
  }
}
