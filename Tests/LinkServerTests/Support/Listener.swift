import Glibc
import LinuxSystem

/// A listening socket.
final class Listener {
  private let descriptor: FileDescriptor
  var number: Int32 { descriptor.number }

  init(_ address: SocketAddress) throws {
    descriptor = try SocketAddress.socket(address.family)
    try retryingSystemCall("bind") {
      address.withPointer { bind(descriptor.number, $0, $1) }
    }
    try retryingSystemCall("listen") { listen(descriptor.number, 128) }
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
