internal import Glibc
internal import LinuxSystem

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
