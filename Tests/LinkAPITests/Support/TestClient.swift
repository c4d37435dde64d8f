import Foundation
import TestSupport

/// What a server answered.
struct Answer: Sendable {
  var status: Int
  var fields: [(name: String, value: String)]
  var body: [UInt8]

  var text: String { String(decoding: body, as: UTF8.self) }

  func field(_ name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  var json: Any? { try? JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed) }
  var object: [String: Any] { json as? [String: Any] ?? [:] }
  var array: [[String: Any]] { json as? [[String: Any]] ?? [] }
  var error: String? { object["error"] as? String }
}

/// A connection that is read and written as bytes, with calls that block.
final class TestConnection {
  struct Failure: Error, CustomStringConvertible { let description: String }

  private let descriptor: Int32
  private var buffer: [UInt8] = []

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    try Self.connect(descriptor, &address, MemoryLayout<sockaddr_in>.size)
  }

  init(path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { place in
      for (index, byte) in path.utf8.enumerated() where index < place.count - 1 {
        place[index] = byte
      }
    }
    try Self.connect(descriptor, &address, MemoryLayout<sockaddr_un>.size)
  }

  deinit { close(descriptor) }

  private static func connect<Address>(
    _ descriptor: Int32, _ address: inout Address, _ size: Int
  ) throws {
    var patience = timeval(tv_sec: 600, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(
      descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.connect(descriptor, $0, socklen_t(size))
      }
    }
    if status != 0 { throw Failure(description: "connect: errno \(errno)") }
  }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  /// Errors are left to the reading side: a server may have answered before it took everything.
  func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return }
      sent += count
    }
  }

  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// More bytes; false at the end.
  private func fill() throws -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    var count: Int
    // With a time limit a socket is not read on by itself when the process was stopped (signal(7)).
    repeat { count = recv(descriptor, &chunk, chunk.count, 0) } while count < 0 && errno == EINTR
    if count < 0 { throw Failure(description: "recv: errno \(errno)") }
    buffer += chunk[..<count]
    return count > 0
  }

  /// Whether the server closed the connection, nothing more having been said.
  func isAtEnd() throws -> Bool { buffer.isEmpty ? try !fill() : false }

  /// The next answer; 100 (Continue) is one too.
  func answer(toHead isHead: Bool = false) throws -> Answer {
    var end: Int?
    while true {
      end = buffer.indices.first { buffer[$0...].starts(with: [13, 10, 13, 10]) }
      if end != nil { break }
      if try !fill() { throw Failure(description: "ended with \(buffer.count) bytes of a head") }
    }
    let head = String(decoding: buffer[..<(end ?? 0)], as: UTF8.self)
    buffer.removeFirst((end ?? 0) + 4)
    let lines = head.components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ", maxSplits: 2)
    guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
      throw Failure(description: "no status line: \(lines[0])")
    }
    var answer = Answer(status: status, fields: [], body: [])
    for line in lines.dropFirst() {
      let pair = line.split(separator: ":", maxSplits: 1).map(String.init)
      guard pair.count == 2 else { throw Failure(description: "no field: \(line)") }
      answer.fields.append((pair[0], pair[1].trimmingCharacters(in: .whitespaces)))
    }
    if isHead || status == 204 || status == 304 || status < 200 { return answer }
    guard let length = answer.field("content-length").flatMap({ Int($0) }) else {
      throw Failure(description: "no length: \(head)")
    }
    while buffer.count < length {
      if try !fill() { throw Failure(description: "ended within a body") }
    }
    answer.body = Array(buffer[..<length])
    buffer.removeFirst(length)
    return answer
  }
}

/// A request as bytes.
struct TestRequest: Sendable {
  var method: String
  var path: String
  var fields: [(String, String)] = []
  var body: [UInt8]?

  var bytes: [UInt8] {
    var text = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
    for (name, value) in fields { text += "\(name): \(value)\r\n" }
    if let body { text += "Content-Length: \(body.count)\r\n" }
    return Array((text + "\r\n").utf8) + (body ?? [])
  }
}
