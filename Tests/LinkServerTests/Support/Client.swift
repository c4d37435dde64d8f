import Glibc
import LinuxSystem
import TestSupport

/// A client that sends the bytes it is told to and reads what comes, on a blocking socket. Unchecked: one
/// task may send while another reads; they share the descriptor alone.
final class Client: @unchecked Sendable {
  let descriptor: FileDescriptor
  private var received: [UInt8] = []

  /// How long a test waits for what has to come.
  static let patienceSeconds = 30

  init(port: Int, ipv6: Bool = false) throws {
    descriptor = try SocketAddress.socket(ipv6 ? AF_INET6 : AF_INET)
    try connect(ipv6 ? .loopback6(port) : .loopback(port))
  }

  init(path: String) throws {
    descriptor = try SocketAddress.socket(AF_UNIX)
    try connect(.unix(path))
  }

  private func connect(_ address: SocketAddress) throws {
    var limit = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
    setsockopt(
      descriptor.number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(
      descriptor.number, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    try retryingSystemCall("connect") {
      address.withPointer { Glibc.connect(descriptor.number, $0, $1) }
    }
  }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = try retryingSystemCall("send") {
        rest.withUnsafeBytes {
          Glibc.send(descriptor.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
      }
      rest = rest.dropFirst(count)
    }
  }

  /// Says that nothing more is sent.
  func endInput() { shutdown(descriptor.number, Int32(SHUT_WR)) }

  /// Closes so that the server gets a reset.
  func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor.number, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }

  /// Neither reads nor sends any more.
  func abandon() { shutdown(descriptor.number, Int32(SHUT_RDWR)) }

  /// Reads and forgets what comes until the server closes.
  func waitForEnd() throws {
    do {
      while try !receive().isEmpty {}
    } catch let error as SystemCallError where error.code == ECONNRESET {
      return
    }
  }

  /// The next bytes; empty at the end.
  private func receive() throws -> [UInt8] {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = try retryingSystemCall("recv") {
      recv(descriptor.number, &chunk, chunk.count, 0)
    }
    return Array(chunk.prefix(count))
  }

  /// Where the empty line is. Written out, since tests are not optimised and answers are many.
  private func endOfHead() -> Range<Int>? {
    received.withUnsafeBytes { bytes in
      var index = 3
      while index < bytes.count {
        if bytes[index] == 10, bytes[index - 1] == 13, bytes[index - 2] == 10,
          bytes[index - 3] == 13
        {
          return (index - 3)..<(index + 1)
        }
        index += 1
      }
      return nil
    }
  }

  struct Answer {
    var status: Int
    var fields: [String: String]
    var body: String

    var location: String? { fields["location"] }
  }

  /// The next answer; its body has the length it says, unless the request was a HEAD.
  func answer(toHead: Bool = false) throws -> Answer {
    while true {
      if let end = endOfHead() {
        let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self)
          .components(separatedBy: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 3, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
          throw Tool.Failure(description: "no answer: \(lines)")
        }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
          guard let colon = line.firstIndex(of: ":") else {
            throw Tool.Failure(description: "no field: \(line)")
          }
          let name = line[..<colon].lowercased()
          if fields[name] != nil { throw Tool.Failure(description: "\(name) twice: \(lines)") }
          fields[name] = String(line[line.index(after: colon)...].dropFirst())
        }
        let length = toHead ? 0 : Int(fields["content-length"] ?? "") ?? 0
        if received.count >= end.upperBound + length {
          let body = received[end.upperBound..<(end.upperBound + length)]
          received.removeFirst(end.upperBound + length)
          return Answer(status: status, fields: fields, body: String(decoding: body, as: UTF8.self))
        }
      }
      let bytes = try receive()
      if bytes.isEmpty {
        throw Tool.Failure(description: "the connection ended: \(received.count)")
      }
      received += bytes
    }
  }

  /// Whether the server closes without another byte; throws if it does not for a long time.
  func hasEnded(evenByReset: Bool = true) throws -> Bool {
    do {
      return try receive().isEmpty && received.isEmpty
    } catch let error as SystemCallError where error.code == ECONNRESET {
      return evenByReset
    }
  }
}

extension String {
  func components(separatedBy separator: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}

func get(_ target: String, _ fields: String...) -> String {
  "GET \(target) HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
}

/// Has `body`, which waits for a server, done by a thread of its own: Swift's tasks share a few, which
/// the server's own may need meanwhile.
func onThread<Value: Sendable>(
  _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    do throws(SystemCallError) {
      try SystemThread.start(named: "client") {
        continuation.resume(with: Result { try body() })
      }
    } catch {
      continuation.resume(throwing: error)
    }
  }
}
