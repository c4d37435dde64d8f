import Glibc
import LinuxSystem
import Synchronization
import TestSupport

/// A server's side of a connection, on a blocking socket. Unchecked: its thread alone reads and writes;
/// others at most shut it down.
final class Peer: @unchecked Sendable {
  private let descriptor: FileDescriptor
  private var received: [UInt8] = []
  private(set) var hasReceived = false

  struct Request {
    /// The head without its empty line.
    var head: String
    var body: [UInt8]

    var target: String { head.split(separator: " ").dropFirst().first.map(String.init) ?? "" }
    var method: String { head.split(separator: " ").first.map(String.init) ?? "" }
  }

  init(_ number: Int32) {
    descriptor = FileDescriptor(owning: number)
    // It comes as one that does not block.
    _ = fcntl(number, F_SETFL, 0)
    var one: Int32 = 1
    setsockopt(
      number, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  /// The next request; nil if the client sends nothing more.
  func request() throws -> Request? {
    while true {
      if let end = endOfHead {
        let head = String(decoding: received[..<(end - 4)], as: UTF8.self)
        let length = Self.length(head)
        if received.count >= end + length {
          let body = Array(received[end..<(end + length)])
          received.removeFirst(end + length)
          return Request(head: head, body: body)
        }
      }
      guard try receive() else { return nil }
    }
  }

  private static func length(_ head: String) -> Int {
    for line in head.utf8.split(separator: 10) where line.first == UInt8(ascii: "C") {
      let text = String(Substring(line))
      if text.hasPrefix("Content-Length: ") {
        return Int(text.dropFirst(16).filter(\.isNumber)) ?? 0
      }
    }
    return 0
  }

  /// Where the body begins. Written out, since tests are not optimised.
  private var endOfHead: Int? {
    received.withUnsafeBytes { bytes in
      var index = 3
      while index < bytes.count {
        if bytes[index] == 10, bytes[index - 1] == 13, bytes[index - 2] == 10,
          bytes[index - 3] == 13
        {
          return index + 1
        }
        index += 1
      }
      return nil
    }
  }

  /// Waits for more; false at the end.
  @discardableResult
  private func receive() throws -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = try retryingSystemCall("recv") { recv(descriptor.number, &chunk, chunk.count, 0) }
    if count > 0 { hasReceived = true }
    received += chunk.prefix(count)
    return count > 0
  }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      sent += try retryingSystemCall("send") {
        bytes.withUnsafeBytes {
          Glibc.send(
            descriptor.number, $0.baseAddress.map { $0 + sent }, bytes.count - sent,
            Int32(MSG_NOSIGNAL))
        }
      }
    }
  }

  /// An answer with a body.
  func answer(_ status: Int = 200, _ fields: String..., body: String = "ok") throws {
    let lines = fields.map { $0 + "\r\n" }.joined()
    try send("HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\n\(lines)\r\n\(body)")
  }

  /// Closes so that all that was sent arrives: what the client still sends is read and forgotten.
  func finish() throws {
    shutdown(descriptor.number, Int32(SHUT_WR))
    while try receive() { received = [] }
  }

  /// Reads and forgets what comes until the client closes.
  func wait() throws {
    while try receive() { received = [] }
  }

  /// Has the connection end with a reset when it is closed.
  func willReset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor.number, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }

  /// From another thread: neither reads nor sends any more.
  func abandon() { shutdown(descriptor.number, Int32(SHUT_RDWR)) }

  /// Closes it: nobody but its thread may have it any more.
  func end() {}
}
