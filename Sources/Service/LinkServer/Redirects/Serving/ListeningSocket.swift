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

  private static let backlog: Int32 = 4096

  /// Throws ``RedirectServerError``.
  init(_ address: RedirectSettings.Address, takesOver: Bool) throws {
    do throws(SystemCallError) {
      switch address {
      case .internet(let host, let port):
        let resolved = try ResolvedAddress(host: host, port: port)
        // The socket shares its port (SO_REUSEPORT), so that the next server can take it over; that
        // would let two run side by side by mistake. One that does not share finds out.
        if !takesOver { _ = try Self.bound(resolved, sharesPort: false) }
        owned = try Self.bound(resolved, sharesPort: true)
        self.address = .internet(host: host, port: Self.port(of: owned.number) ?? port)
        file = nil
      case .unix(let path):
        let resolved = try ResolvedAddress(path: path)
        try Self.makeRoom(path, resolved, takesOver: takesOver)
        owned = try Self.bound(resolved, sharesPort: false)
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
      try retryingSystemCall("listen") { listen(owned.number, Self.backlog) }
    } catch {
      throw RedirectServerError(address, error.reason)
    }
    // Accepted connections inherit it.
    Self.set(IPPROTO_TCP, TCP_NODELAY, on: owned.number)
  }

  /// Removes the file of a unix socket, unless somebody else's is in its place.
  func removeFile() {
    if let file, let now = Self.identity(file.path), now == (file.device, file.inode) {
      unlink(file.path)
    }
  }

  private static func bound(
    _ address: ResolvedAddress, sharesPort: Bool
  ) throws(SystemCallError) -> FileDescriptor {
    let number = try retryingSystemCall("socket") {
      socket(
        address.family,
        Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue),
        0)
    }
    let descriptor = FileDescriptor(owning: number)
    if address.family != AF_UNIX { set(Int(SOL_SOCKET), SO_REUSEADDR, on: number) }
    if sharesPort { set(Int(SOL_SOCKET), SO_REUSEPORT, on: number) }
    if address.family == AF_INET6 { set(Int(IPPROTO_IPV6), IPV6_V6ONLY, on: number) }
    try retryingSystemCall("bind") { address.withPointer { bind(number, $0, $1) } }
    return descriptor
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

  /// Removes the socket that a former server left behind, or has open still if it is to be taken over.
  private static func makeRoom(
    _ path: String, _ address: ResolvedAddress, takesOver: Bool
  ) throws(SystemCallError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw SystemCallError(call: "bind", code: EEXIST, subject: path)
    }
    if !takesOver {
      let number = try retryingSystemCall("socket") {
        socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      }
      let probe = FileDescriptor(owning: number)
      if address.withPointer({ connect(probe.number, $0, $1) }) == 0 {
        throw SystemCallError(call: "bind", code: EADDRINUSE, subject: path)
      }
    }
    unlink(path)
  }
}

/// An address as the kernel takes it.
struct ResolvedAddress {
  let family: Int32
  private var storage = sockaddr_storage()
  private let length: socklen_t

  /// The first address that a name has.
  init(host: String, port: Int) throws(SystemCallError) {
    guard let port = UInt16(exactly: port) else {
      throw SystemCallError(call: "getaddrinfo", code: EINVAL, subject: host)
    }
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let found else {
      throw SystemCallError(call: "getaddrinfo", code: EADDRNOTAVAIL, subject: host)
    }
    defer { freeaddrinfo(found) }
    guard let address = found.pointee.ai_addr,
      Int(found.pointee.ai_addrlen) <= MemoryLayout<sockaddr_storage>.size
    else { throw SystemCallError(call: "getaddrinfo", code: EADDRNOTAVAIL, subject: host) }
    family = found.pointee.ai_family
    length = found.pointee.ai_addrlen
    withUnsafeMutableBytes(of: &storage) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(length)))
    }
  }

  init(path: String) throws(SystemCallError) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard !path.isEmpty, path.utf8.count < room else {
      throw SystemCallError(call: "bind", code: ENAMETOOLONG, subject: path)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { room in
      for (index, byte) in path.utf8.enumerated() { room[index] = byte }
    }
    family = AF_UNIX
    length = socklen_t(MemoryLayout<sockaddr_un>.size)
    withUnsafeMutableBytes(of: &storage) { storage in
      withUnsafeBytes(of: address) { storage.copyMemory(from: $0) }
    }
  }

  func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }
}
