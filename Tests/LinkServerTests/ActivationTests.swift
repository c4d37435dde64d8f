import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite("Sockets that a service manager opened are served, and outlive the server")
struct ActivationTests {
  /// Listening sockets as a service manager makes them.
  struct Sockets {
    let internet: Listener
    let internet6: Listener
    let unix: Listener
    let path = "/tmp/lynx-\(getpid())-\(UInt32.random(in: 0 ... .max)).socket"

    init() throws {
      internet = try Listener(.loopback(0))
      internet6 = try Listener(.loopback6(0))
      unix = try Listener(.unix(path))
    }

    var descriptors: [Int32] { [internet, internet6, unix].map(\.number) }

    func connect() throws -> [Client] {
      [
        try Client(port: internet.port()), try Client(port: internet6.port(), ipv6: true),
        try Client(path: path),
      ]
    }
  }

  static let environment = "export LISTEN_FDS=3 LISTEN_PID=$$"

  @Test("Whoever connects before the server starts, while it serves or between two is answered")
  func served() async throws {
    let files = try HostProcess.Files()
    try await files.create(["a"])
    let sockets = try Sockets()
    defer { unlink(sockets.path) }
    var clicks: Int64 = 0
    for _ in 0..<2 {
      let early = try sockets.connect()
      for client in early { try client.send(get("/a")) }
      let host = try HostProcess(
        files, threads: 2, ["--inherited"], shell: Self.environment,
        descriptors: sockets.descriptors)
      for client in try early + sockets.connect() {
        if !early.contains(where: { $0 === client }) { try client.send(get("/a")) }
        #expect(try client.answer().location == "https://example.org/a")
        clicks += 1
      }
      _ = try host.line("ready ")
      host.signal(SIGTERM)
      #expect(try host.wait() == 0)
      #expect(access(sockets.path, F_OK) == 0)
    }
    #expect(try await files.clicks() == clicks)
  }

  @Test("Sockets meant for another process, and what is no listening socket, are refused")
  func refused() async throws {
    let files = try HostProcess.Files()
    let sockets = try Sockets()
    defer { unlink(sockets.path) }
    for environment in ["export LISTEN_FDS=3 LISTEN_PID=1", "export LISTEN_FDS=3", ":"] {
      let host = try HostProcess(
        files, ["--inherited"], shell: environment, descriptors: sockets.descriptors)
      #expect(try host.line("! ").contains("no address"))
      #expect(try host.wait() == 75)
    }
    let connected = try Client(path: sockets.path)
    let host = try HostProcess(
      files, ["--inherited"], shell: "export LISTEN_FDS=1 LISTEN_PID=$$",
      descriptors: [connected.descriptor.number])
    #expect(try host.line("! ").contains("inherited descriptor 3"))
    #expect(try host.wait() == 75)
  }
}
