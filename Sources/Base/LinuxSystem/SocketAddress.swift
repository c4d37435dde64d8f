internal import Glibc

/// An address that a socket connects to, as the kernel takes it.
public struct SocketAddress: Sendable {
  let family: Int32
  private var storage = sockaddr_storage()
  private let length: socklen_t

  /// Why a name has no address.
  public struct Failure: Error, Sendable {
    /// In the resolver's words.
    public let reason: String
  }

  /// All addresses of a name, in the order in which they should be tried (RFC 6724).
  public static func resolve(host: String, port: UInt16) throws(Failure) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, "\(port)", &hints, &found)
    defer { if let found { freeaddrinfo(found) } }
    guard code == 0 else { throw Failure(reason: String(cString: gai_strerror(code))) }
    var addresses: [SocketAddress] = []
    var next = found
    while let entry = next {
      if let address = SocketAddress(entry.pointee) { addresses.append(address) }
      next = entry.pointee.ai_next
    }
    guard !addresses.isEmpty else { throw Failure(reason: "No address associated with hostname") }
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

  /// A unix socket; nil if the path is empty or longer than the kernel takes (107 bytes).
  public init?(path: String) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard !path.isEmpty, path.utf8.count < room, !path.utf8.contains(0) else { return nil }
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

extension SocketCalls {
  /// Begins to connect a socket that does not block and that started programs do not inherit; what is
  /// written to it leaves at once (TCP_NODELAY).
  ///
  /// - Returns: its descriptor, which polls writable when it is connected, or has failed
  ///   (``connectionFailure(of:)``).
  public static func connect(to address: SocketAddress) throws(SystemCallError) -> Int32 {
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let number = try retryingSystemCall("socket") { socket(address.family, Int32(kind), 0) }
    if address.family != AF_UNIX {
      var one: Int32 = 1
      _ = setsockopt(
        number, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }
    do throws(SystemCallError) {
      try retryingSystemCall("connect") { address.withPointer { Glibc.connect(number, $0, $1) } }
    } catch {
      // A unix socket whose backlog is full says EAGAIN and goes on nowhere: connect(2).
      if error.code != EINPROGRESS {
        Glibc.close(number)
        throw error
      }
    }
    return number
  }

  /// Why a socket that polls writable is not connected; nil if it is.
  public static func connectionFailure(of descriptor: Int32) -> SystemCallError? {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else {
      return SystemCallError(call: "getsockopt", code: errno)
    }
    return code == 0 ? nil : SystemCallError(call: "connect", code: code)
  }

  public static func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }
}

extension SocketCalls {
  /// Has writing to a connection that is gone fail on this thread, rather than end the process (SIGPIPE):
  /// for libraries that write by themselves.
  public static func holdBrokenPipeSignal() {
    var signals = brokenPipe
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// The same for as long as `body` takes.
  public static func holdingBrokenPipeSignal<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var signals = brokenPipe
    var before = sigset_t()
    pthread_sigmask(SIG_BLOCK, &signals, &before)
    defer {
      if sigismember(&before, SIGPIPE) == 0 {
        // One that came meanwhile must not be there any more.
        var none = timespec()
        while sigtimedwait(&signals, nil, &none) == -1, errno == EINTR {}
        pthread_sigmask(SIG_SETMASK, &before, nil)
      }
    }
    return try body()
  }

  private static var brokenPipe: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    return signals
  }
}
