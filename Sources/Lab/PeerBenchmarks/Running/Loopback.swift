import Glibc
import Terminal

/// A TCP port of 127.0.0.1 that is free just now.
func freeLoopbackPort() throws(CommandError) -> UInt16 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  guard descriptor >= 0 else { throw CommandError(.failed, "there is no socket to be had") }
  defer { close(descriptor) }
  var address = loopbackAddress(port: 0)
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let isBound = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
    }
  }
  guard isBound else { throw CommandError(.failed, "no port of 127.0.0.1 is free") }
  return UInt16(bigEndian: address.sin_port)
}

/// Whether somebody listens there.
func canConnect(toLoopbackPort port: UInt16) -> Bool {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  guard descriptor >= 0 else { return false }
  defer { close(descriptor) }
  var address = loopbackAddress(port: port)
  return withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
}

/// What a server of HTTP on 127.0.0.1 answers to a GET, head and body; empty if it does not.
func loopbackAnswer(port: UInt16, path: String) -> String {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  guard descriptor >= 0 else { return "" }
  defer { close(descriptor) }
  var address = loopbackAddress(port: port)
  let isConnected = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
  let request = Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".utf8)
  guard isConnected,
    send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count
  else { return "" }
  var answer: [UInt8] = []
  var part = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = recv(descriptor, &part, part.count, 0)
    if count <= 0 { return String(decoding: answer, as: UTF8.self) }
    answer += part[..<count]
  }
}

private func loopbackAddress(port: UInt16) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  return address
}
