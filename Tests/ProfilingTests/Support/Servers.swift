import Foundation
import Glibc
import Testing

/// Servers that tests put under load.
enum Servers {
  /// A port of 127.0.0.1 that nobody listens on.
  static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    try #require(isBound)
    return UInt16(bigEndian: address.sin_port)
  }

  static func answers(port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = port.bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) == 0 }
    }
  }

  /// The command that runs nginx with a configuration of its own, which redirects.
  static func nginx(port: UInt16, in directory: Scratch) throws -> [String] {
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map { "\($0)_temp_path \(directory / $0);" }.joined(separator: " ")
    try directory.write(
      """
      daemon off; worker_processes 2; error_log stderr; pid \(directory / "nginx.pid");
      events { worker_connections 256; }
      http {
        access_log off; \(folders)
        server { listen 127.0.0.1:\(port); location / { return 308 http://example.org/; } }
      }

      """, to: "nginx.conf")
    return ["/usr/sbin/nginx", "-p", directory.path, "-c", directory / "nginx.conf"]
  }

  /// Load on a port until it is ended.
  static func load(
    port: UInt16, path: String, in directory: Scratch
  ) throws -> Launched {
    try #require(eventually { answers(port: port) }, "nobody listens on port \(port)")
    return try Launched(
      ["wrk", "-t1", "-c32", "-d120s", "http://127.0.0.1:\(port)\(path)"], in: directory,
      name: "wrk")
  }
}
