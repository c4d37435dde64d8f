import Glibc
import LinuxSystem
import Synchronization
import TestSupport

/// A server that does with each connection what a test says, on a thread for each.
final class ScriptedServer: Sendable {
  enum Place {
    case ipv4
    case ipv6
    case unix(String)
  }

  private let listener: FileDescriptor
  let port: Int
  /// Connections that sent something: the one that only tries whether somebody is there does not.
  let connections = Atomic(0)
  private let peers = Mutex<[ObjectIdentifier: Peer]>([:])
  private let running = Atomic(0)

  /// - Parameter serve: what is done with a connection, which is closed when it returns or throws.
  init(
    _ place: Place = .ipv4, backlog: Int32 = 1024,
    serve: @escaping @Sendable (Peer) throws -> Void
  ) throws {
    let number: Int32
    (number, port) = try Self.listen(place, backlog)
    listener = FileDescriptor(owning: number)
    running.add(1, ordering: .relaxed)
    try SystemThread.start(named: "server") { [self] in
      while true {
        let (connection, _) = SocketCalls.accept(number)
        if connection < 0 { break }
        start(Peer(connection), serve)
      }
      running.subtract(1, ordering: .releasing)
    }
  }

  private func start(_ peer: Peer, _ serve: @escaping @Sendable (Peer) throws -> Void) {
    peers.withLock { $0[ObjectIdentifier(peer)] = peer }
    running.add(1, ordering: .relaxed)
    do {
      try SystemThread.start(named: "peer") { [self] in
        try? serve(peer)
        if peer.hasReceived { connections.add(1, ordering: .relaxed) }
        peers.withLock { $0[ObjectIdentifier(peer)] = nil }
        peer.end()
        running.subtract(1, ordering: .releasing)
      }
    } catch {
      running.subtract(1, ordering: .releasing)
    }
  }

  /// Ends all connections and waits until each thread has: counts are final then.
  func stop() async throws {
    shutdown(listener.number, Int32(SHUT_RDWR))
    while running.load(ordering: .acquiring) > 0 {
      for peer in peers.withLock({ Array($0.values) }) { peer.abandon() }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  private static func listen(_ place: Place, _ backlog: Int32) throws -> (Int32, Int) {
    let family: Int32
    switch place {
    case .ipv4: family = AF_INET
    case .ipv6: family = AF_INET6
    case .unix: family = AF_UNIX
    }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let number = try retryingSystemCall("socket") { socket(family, kind, 0) }
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    withUnsafeMutableBytes(of: &storage) { bytes in
      switch place {
      case .ipv4:
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        length = Self.copy(&address, to: bytes)
      case .ipv6:
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_addr = in6addr_loopback
        length = Self.copy(&address, to: bytes)
      case .unix(let path):
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { room in
          for (index, byte) in path.utf8.prefix(room.count - 1).enumerated() { room[index] = byte }
        }
        length = Self.copy(&address, to: bytes)
      }
    }
    return try withUnsafeMutablePointer(to: &storage) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        try retryingSystemCall("bind") { bind(number, address, length) }
        try retryingSystemCall("listen") { Glibc.listen(number, backlog) }
        try retryingSystemCall("getsockname") { getsockname(number, address, &length) }
      }
      // In the same place for both families of the internet.
      let port = pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        $0.pointee.sin_port
      }
      return (number, Int(UInt16(bigEndian: port)))
    }
  }

  private static func copy<Address>(
    _ address: inout Address, to bytes: UnsafeMutableRawBufferPointer
  ) -> socklen_t {
    withUnsafeBytes(of: &address) { bytes.copyMemory(from: $0) }
    return socklen_t(MemoryLayout<Address>.size)
  }
}
