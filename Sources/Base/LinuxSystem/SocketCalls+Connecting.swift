internal import Glibc

extension SocketCalls {
  /// Begins to connect a socket that does not block and that started programs do not inherit; what is
  /// written to it leaves at once (TCP_NODELAY).
  ///
  /// - Returns: its descriptor, which polls writable when it is connected, or has failed
  ///   (``connectionFailure(of:)``).
  public static func connect(to address: ResolvedAddress) throws(SystemCallError) -> Int32 {
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let number = try retryingSystemCall("socket") { socket(address.family, Int32(kind), 0) }
    if address.family != AF_UNIX {
      var one: Int32 = 1
      _ = setsockopt(
        number, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }
    do throws(SystemCallError) {
      try retryingSystemCall("connect") { address.connect(number) }
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

  /// A socket that has an address to listen at later, as servers of Lynx's own take it: at once after another
  /// one closed there (SO_REUSEADDR), IPv6 alone, shared with others that share it if so wanted.
  public static func bound(
    to address: ResolvedAddress, sharesPort: Bool
  ) throws(SystemCallError) -> FileDescriptor {
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let number = try retryingSystemCall("socket") { socket(address.family, Int32(kind), 0) }
    let descriptor = FileDescriptor(owning: number)
    func set(_ level: Int32, _ option: Int32) {
      var one: Int32 = 1
      setsockopt(
        number, level, option, &one, socklen_t(MemoryLayout<Int32>.size))
    }
    if address.family != AF_UNIX { set(SOL_SOCKET, SO_REUSEADDR) }
    if sharesPort { set(SOL_SOCKET, SO_REUSEPORT) }
    if address.family == AF_INET6 { set(Int32(IPPROTO_IPV6), IPV6_V6ONLY) }
    try retryingSystemCall("bind") { address.bind(number) }
    return descriptor
  }
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
