import Glibc
import LinuxSystem

/// A listening socket.
final class Listener: Sendable {
  private let descriptor: FileDescriptor
  var number: Int32 { descriptor.number }

  /// - Parameter sharesPort: with other sockets of which it is true as well.
  init(_ address: SocketAddress, sharesPort: Bool = false) throws {
    descriptor = try SocketAddress.socket(address.family)
    var one: Int32 = sharesPort ? 1 : 0
    setsockopt(
      descriptor.number, SOL_SOCKET, SO_REUSEPORT, &one, socklen_t(MemoryLayout<Int32>.size))
    try retryingSystemCall("bind") {
      address.withPointer { bind(descriptor.number, $0, $1) }
    }
    try retryingSystemCall("listen") { listen(descriptor.number, 128) }
  }

  /// Accepts, and ends, the connections that wait; how many.
  func acceptAll() -> Int {
    _ = fcntl(descriptor.number, F_SETFL, O_NONBLOCK)
    var count = 0
    while true {
      let connection = accept(descriptor.number, nil, nil)
      if connection < 0 { return count }
      close(connection)
      count += 1
    }
  }

  func port() throws -> Int {
    var address = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    try retryingSystemCall("getsockname") {
      withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          getsockname(descriptor.number, $0, &length)
        }
      }
    }
    // In the same place for both families.
    return Int(UInt16(bigEndian: address.sin6_port))
  }
}

/// Where tests connect and listen.
struct SocketAddress {
  let family: Int32
  private let bytes: [UInt8]

  private init<Address>(_ family: Int32, _ address: Address) {
    self.family = family
    bytes = withUnsafeBytes(of: address) { Array($0) }
  }

  static func loopback(_ port: Int) -> SocketAddress {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return SocketAddress(AF_INET, address)
  }

  static func loopback6(_ port: Int) -> SocketAddress {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = in_port_t(port).bigEndian
    address.sin6_addr = in6addr_loopback
    return SocketAddress(AF_INET6, address)
  }

  static func unix(_ path: String) -> SocketAddress {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { room in
      for (index, byte) in path.utf8.prefix(room.count - 1).enumerated() { room[index] = byte }
    }
    return SocketAddress(AF_UNIX, address)
  }

  static func socket(_ family: Int32) throws -> FileDescriptor {
    FileDescriptor(
      owning: try retryingSystemCall("socket") {
        Glibc.socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      })
  }

  func withPointer(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return -1 }
      return body(base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
    }
  }
}
