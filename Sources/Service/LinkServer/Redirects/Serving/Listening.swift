internal import Glibc
internal import LinuxSystem
internal import NIOCore
internal import NIOPosix

/// A socket that accepts connections.
struct Listening: Sendable {
  let channel: any Channel
  /// The file of a unix socket, to be removed in the end if it still is this one.
  private var file: (path: String, device: UInt64, inode: UInt64)?

  /// Begins to accept; throws ``RedirectServerError``.
  init(
    _ address: RedirectSettings.Address, _ bootstrap: ServerBootstrap, takesOver: Bool
  ) async throws {
    do {
      switch address {
      case .internet(let host, let port):
        let resolved = try SocketAddress.makeAddressResolvingHost(host, port: port)
        if !takesOver { try Self.checkIsFree(resolved) }
        channel = try await bootstrap.bind(to: resolved).get()
      case .unix(let path):
        if !takesOver { try Self.checkIsFree(path) }
        channel = try await bootstrap.bind(
          unixDomainSocketPath: path, cleanupExistingSocketFile: true
        ).get()
        file = Self.identity(path).map { (path, $0.device, $0.inode) }
      case .inherited(let descriptor):
        channel = try await bootstrap.withBoundSocket(descriptor).get()
      }
    } catch let error as RedirectServerError {
      throw error
    } catch let error as IOError {
      throw RedirectServerError(address, String(cString: strerror(error.errnoCode)))
    } catch let error as SystemCallError {
      throw RedirectServerError(address, error.reason)
    } catch {
      throw RedirectServerError(address, "\(error)")
    }
  }

  /// Stops accepting.
  func close() async {
    if let file, let now = Self.identity(file.path), now == (file.device, file.inode) {
      unlink(file.path)
    }
    try? await channel.close().get()
  }

  private static func identity(_ path: String) -> (device: UInt64, inode: UInt64)? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    return (UInt64(status.st_dev), UInt64(status.st_ino))
  }

  /// The server's own socket shares its port (SO_REUSEPORT), so that the next server can take it over;
  /// that would let two run side by side by mistake. One that does not share finds out.
  private static func checkIsFree(_ address: SocketAddress) throws(SystemCallError) {
    switch address {
    case .v4(let address): try checkIsFree(address.address, AF_INET)
    case .v6(let address): try checkIsFree(address.address, AF_INET6)
    case .unixDomainSocket: return
    }
  }

  private static func checkIsFree<Address>(
    _ address: Address, _ family: Int32
  ) throws(SystemCallError) {
    let number = try retryingSystemCall("socket") {
      socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }
    let probe = FileDescriptor(owning: number)
    var one: Int32 = 1
    let size = socklen_t(MemoryLayout<Int32>.size)
    setsockopt(probe.number, SOL_SOCKET, SO_REUSEADDR, &one, size)
    if family == AF_INET6 {
      setsockopt(probe.number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &one, size)
    }
    try retryingSystemCall("bind") {
      withUnsafeBytes(of: address) { bytes -> Int32 in
        guard let base = bytes.baseAddress else { return -1 }
        return bind(
          probe.number, base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
      }
    }
  }

  /// Whether nobody accepts connections at a unix socket's path.
  private static func checkIsFree(_ path: String) throws {
    let address = try SocketAddress(unixDomainSocketPath: path)
    guard case .unixDomainSocket(let unix) = address else { return }
    let number = try retryingSystemCall("socket") {
      socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }
    let probe = FileDescriptor(owning: number)
    let isTaken = withUnsafeBytes(of: unix.address) { bytes in
      guard let base = bytes.baseAddress else { return false }
      return connect(
        probe.number, base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count)) == 0
    }
    if isTaken { throw SystemCallError(call: "bind", code: EADDRINUSE, subject: path) }
  }
}
