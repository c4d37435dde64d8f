internal import Foundation
internal import Synchronization

extension PostgresServer {
  /// Starts the server; the moment it let the first session in, in nanoseconds of CLOCK_MONOTONIC,
  /// found by trying every 2 ms without libpq.
  public func startNoticingReadiness() throws -> UInt64 {
    let isOver = DispatchSemaphore(value: 0)
    let started = StartOutcome()
    Thread.detachNewThread { [self] in
      let result = Result { try start() }
      started.result.withLock { $0 = result }
      isOver.signal()
    }
    while !Self.accepts(port: port) {
      // pg_ctl may have given up.
      try started.result.withLock { try $0?.get() }
      usleep(2_000)
    }
    let moment = Self.monotonicNanoseconds
    isOver.wait()
    try started.result.withLock { try $0?.get() }
    return moment
  }

  private final class StartOutcome: Sendable {
    let result = Mutex<Result<Void, any Error>?>(nil)
  }

  private static var monotonicNanoseconds: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Whether a StartupMessage is answered with an authentication request, `R`, and not with an error
  /// (PostgreSQL manual, "Message Formats").
  private static func accepts(port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { return false }
    var message: [UInt8] = [0, 3, 0, 0] + Array("user\0lynx\0database\0postgres\0\0".utf8)
    let length = UInt8(message.count + 4)
    message = [0, 0, 0, length] + message
    guard send(descriptor, message, message.count, Int32(MSG_NOSIGNAL)) == message.count
    else { return false }
    var answer: UInt8 = 0
    return recv(descriptor, &answer, 1, 0) == 1 && answer == UInt8(ascii: "R")
  }
}
