import Experiments
import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import Diagnosis

@Suite("Ports are tried by taking them, and who holds one is named")
struct PortTests {
  @Test("a port that a Python process has: its name and number, and a port that is free")
  func taken() throws {
    let shop = try Workshop()
    let listener = try PythonListener()
    let checks = serverChecks(try serving(in: shop.path, redirects: listener.port))
    let found = try finding("server.redirects_port", of: checks)
    expect(found, .failed, "127.0.0.1:\(listener.port)", "python", "process \(listener.pid)")
    let line = try #require(found.remedy?.line)
    let port = try #require(
      line.firstMatch(of: /^lynx serve --redirect-port (\d+)$/).flatMap { Int($0.1) })
    // What the line says holds.
    expect(
      try finding(
        "server.redirects_port", of: serverChecks(try serving(in: shop.path, redirects: port))),
      .ok,
      "free")
    expect(try finding("server.api_port", of: checks), .ok)
    let api = try finding(
      "server.api_port", of: serverChecks(try serving(in: shop.path, api: listener.port)))
    expect(api, .failed, "python")
    #expect(api.remedy?.line.hasPrefix("lynx serve --api-port ") == true)
  }

  @Test("a port is free again when its holder is gone, and is not kept by the trial")
  func free() throws {
    let shop = try Workshop()
    var listener: PythonListener? = try PythonListener()
    let port = try #require(listener?.port)
    listener = nil
    for _ in 0..<3 {
      expect(
        try finding(
          "server.redirects_port", of: serverChecks(try serving(in: shop.path, redirects: port))),
        .ok,
        "\(port) is free")
    }
  }

  @Test("names and addresses that are none of this machine's")
  func elsewhere() throws {
    let shop = try Workshop()
    let foreign = serverChecks(try serving(in: shop.path, redirects: 40_321, host: "192.0.2.7"))
    expect(try finding("server.redirects_port", of: foreign), .failed, "EADDRNOTAVAIL")
    let unknown = serverChecks(
      try serving(in: shop.path, redirects: 40_321, host: "no-such-host.invalid"))
    expect(try finding("server.redirects_port", of: unknown), .failed, "no-such-host.invalid")
  }

  @Test("another user's holder is told by its user")
  func otherUser() throws {
    // As the kernel writes it: 0C38 is port 3128, 0A LISTEN, 65534 the user.
    let shop = try Workshop()
    try shop.run("mkdir -p proc/net")
    _ = try shop.source(
      "proc/net/tcp",
      """
        sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
         0: 0100007F:0C38 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65534        0 4711 1 0 100 0 0 10 0
         1: 0100007F:0C38 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1

      """)
    let sockets = Processes.sockets(onPort: 3128, root: shop.path)
    #expect(sockets.map(\.isListening) == [true, false])
    #expect(sockets.map(\.user) == [65_534, 0])
    #expect(sockets.map(\.inode) == [4711, 4712])
    #expect(Processes.sockets(onPort: 80, root: shop.path).isEmpty)
  }

  @Test("unix sockets: to be made, left behind, held, or in the way")
  func unix() throws {
    let shop = try Workshop()
    func find(_ name: String) -> Finding {
      PortFindings(places: [.unix(path: shop / name)], option: "--redirect-port").finding
    }
    expect(find("new"), .ok, "can be made")
    expect(find("none/new"), .failed, "cannot be written to")
    try run(find("none/new").remedy)
    expect(find("none/new"), .ok)
    _ = try shop.source("file", "")
    expect(find("file"), .failed, "no socket")
    let address = try ResolvedAddress(path: shop / "held")
    do {
      let socket = try SocketCalls.bound(to: address, sharesPort: false)
      #expect(listen(socket.number, 1) == 0)
      expect(find("held"), .failed, "somebody listens")
    }
    expect(find("held"), .ok, "left behind")
  }
}
