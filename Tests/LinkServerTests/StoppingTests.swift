import Glibc
import LinkServer
import LinkStores
import Links
import TestSupport
import Testing

@Suite("Starting, stopping and limits")
struct StoppingTests {
  @Test("While it stops, what was sent is answered, and then the connection ends")
  func draining() async throws {
    let running = try await RunningServer()
    try await running.create("a", "https://example.org/")
    var clients: [Client] = []
    for _ in 0..<50 {
      let client = try running.connect()
      try client.send(get("/a"))
      #expect(try client.answer().status == 308)
      clients.append(client)
    }
    // Sent before the stop, perhaps not read yet.
    for client in clients { try client.send(get("/a")) }
    async let stopping: Void = running.server.stop()
    let sent = clients
    try await onThread { () throws in
      for client in sent {
        #expect(try client.answer().status == 308)
        #expect(try client.hasEnded())
      }
    }
    await stopping
    #expect(throws: (any Error).self) { try running.connect() }
    #expect(try await running.stop() == 100)
  }

  @Test("A taken port is an error, unless it is to be taken over; then no request is lost")
  func takeover() async throws {
    let first = try await RunningServer()
    let port = first.port
    let path = "/tmp/lynx-\(getpid())-\(UInt32.random(in: 0 ... .max)).socket"
    await #expect(throws: RedirectServerError.self) {
      _ = try await RunningServer { $0.addresses = [.internet(host: "127.0.0.1", port: port)] }
    }
    let old = try await RunningServer { $0.addresses = [.unix(path: path)] }
    await #expect(throws: RedirectServerError.self) {
      _ = try await RunningServer { $0.addresses = [.unix(path: path)] }
    }
    let kept = try first.connect()
    try kept.send(get("/"))
    #expect(try kept.answer().status == 200)
    let second = try await RunningServer {
      $0.addresses = [.internet(host: "127.0.0.1", port: port), .unix(path: path)]
      $0.takesOver = true
    }
    try await first.stop()
    try await old.stop()
    for client in [try Client(port: port), try Client(path: path)] {
      try client.send(get("/"))
      #expect(try client.answer().status == 200)
    }
    try await second.stop()
    #expect(access(path, F_OK) != 0)
  }

  @Test("An address that cannot be had is an error that says which")
  func wrongAddresses() async throws {
    let running = try await RunningServer()
    for address: RedirectSettings.Address in [
      .internet(host: "203.0.113.7", port: 0), .internet(host: "127.0.0.1", port: 70_000),
      .unix(path: "/nonexistent/socket"), .unix(path: "/etc/passwd"),
      .unix(path: String(repeating: "x", count: 200)), .inherited(descriptor: 9999),
    ] {
      var settings = RedirectSettings()
      settings.addresses = [address]
      #expect(throws: RedirectServerError.self, "\(address)") {
        _ = try RedirectServer(
          settings, cache: running.cache, store: running.store, journal: running.journal)
      }
    }
    try await running.stop()
  }

  @Test("At the limit of connections others wait, and are served when some have ended")
  func limit() async throws {
    let running = try await RunningServer { $0.maximumConnections = 20 }
    var clients: [Client] = []
    for _ in 0..<20 {
      let client = try running.connect()
      try client.send(get("/"))
      #expect(try client.answer().status == 200)
      clients.append(client)
    }
    let waiting = try running.connect()
    try waiting.send(get("/"))
    #expect(running.server.statistics.connectionsOpened == 20)
    #expect(running.server.statistics.maximumConnections == 20)
    clients.removeAll()
    #expect(try waiting.answer().status == 200)
    #expect(running.reports.all.count == 1)
    #expect(running.reports.all.first?.contains("20 connections") == true)
    try await running.stop()
  }
}
