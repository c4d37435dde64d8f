internal import Glibc

/// An address as the kernel takes it: of TCP, or the path of a unix socket.
///
/// Unsafe code. The invariant: `storage` is as large as any address, and its first `length` bytes are one
/// of `family`.
public struct ResolvedAddress: Sendable {
  /// AF_INET, AF_INET6 or AF_UNIX.
  public let family: Int32
  private var storage = sockaddr_storage()
  private let length: socklen_t

  /// The first address that a name has; asks the system's resolver, which may take its time.
  ///
  /// - Throws: ``SystemCallError`` of the call `getaddrinfo` if it is neither an address nor a name that is
  ///   known.
  public init(host: String, port: Int) throws(SystemCallError) {
    guard let port = UInt16(exactly: port), !host.utf8.contains(0) else {
      throw SystemCallError(call: "getaddrinfo", code: EINVAL, subject: host)
    }
    do throws(Failure) {
      self = try Self.resolve(host, port, AI_PASSIVE)[0]
    } catch {
      throw SystemCallError(call: "getaddrinfo", code: EADDRNOTAVAIL, subject: host)
    }
  }

  /// Why a name has no address.
  public struct Failure: Error, Sendable {
    /// In the resolver's words.
    public let reason: String
  }

  /// All addresses of a name, at least one, in the order in which they should be tried (RFC 6724).
  public static func all(host: String, port: UInt16) throws(Failure) -> [ResolvedAddress] {
    if host.utf8.contains(0) { throw Failure(reason: "it has a NUL") }
    return try resolve(host, port, 0)
  }

  private static func resolve(
    _ host: String, _ port: UInt16, _ flags: Int32
  ) throws(Failure) -> [ResolvedAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = flags | AI_NUMERICSERV
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, "\(port)", &hints, &found)
    defer { if let found { freeaddrinfo(found) } }
    guard code == 0 else { throw Failure(reason: String(cString: gai_strerror(code))) }
    var addresses: [ResolvedAddress] = []
    var next = found
    while let entry = next {
      if let address = ResolvedAddress(entry.pointee) { addresses.append(address) }
      next = entry.pointee.ai_next
    }
    guard !addresses.isEmpty else { throw Failure(reason: "it has no address") }
    return addresses
  }

  private init?(_ entry: addrinfo) {
    guard let address = entry.ai_addr,
      Int(entry.ai_addrlen) <= MemoryLayout<sockaddr_storage>.size
    else { return nil }
    family = entry.ai_family
    length = entry.ai_addrlen
    withUnsafeMutableBytes(of: &storage) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(length)))
    }
  }

  /// Throws ``SystemCallError`` if no unix socket can have the path.
  public init(path: String) throws(SystemCallError) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard !path.isEmpty, path.utf8.count < room, !path.utf8.contains(0) else {
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

  /// bind(2): -1 and errno if it fails.
  public func bind(_ socket: Int32) -> Int32 {
    withPointer { Glibc.bind(socket, $0, $1) }
  }

  /// connect(2): -1 and errno if it fails.
  public func connect(_ socket: Int32) -> Int32 {
    withPointer { Glibc.connect(socket, $0, $1) }
  }

  private func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result
  {
    withUnsafePointer(to: storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }

  // MARK: Two addresses

  /// Whether no two sockets can listen at both: addresses of one family that are the same, or of which one
  /// stands for all, and one port, unless that is any free one. IPv6 sockets are taken to be of IPv6
  /// alone.
  public func overlaps(_ other: ResolvedAddress) -> Bool {
    guard family == other.family, port != 0, port == other.port else { return false }
    let (a, b) = (bytes, other.bytes)
    return a == b || [a, b].contains { $0.allSatisfy { $0 == 0 } }
  }

  /// In the byte order of the machine; 0 for unix sockets.
  private var port: UInt16 {
    // In the same place for both families.
    let isInternet = [AF_INET, AF_INET6].contains(family)
    return isInternet ? withBytes { UInt16($0[2]) << 8 | UInt16($0[3]) } : 0
  }

  /// The address without family, port and the like (ip(7), ipv6(7)).
  private var bytes: [UInt8] {
    withBytes { all in
      switch family {
      case AF_INET: Array(all[4..<8])
      case AF_INET6: Array(all[8..<24])
      default: Array(all[2..<Int(length)])
      }
    }
  }

  private func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withUnsafeBytes(of: storage, body)
  }
}
