import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@Suite("A restarted server takes over the address without anybody noticing")
struct TakeoverTests {
  @Test(
    "A server that stops gives who connects from then on to the next", arguments: [false, true])
  func yields(ipv6: Bool) async throws {
    let running = try await RunningServer {
      $0.addresses = [.internet(host: ipv6 ? "::1" : "127.0.0.1", port: 0)]
      $0.takesOver = true
      $0.threads = 1
    }
    let port = running.port
    let kept = try Client(port: port, ipv6: ipv6)
    try kept.send(get("/"))
    #expect(try kept.answer().status == 200)
    let next = try Listener(ipv6 ? .loopback6(port) : .loopback(port), sharesPort: true)
    // Both have some.
    let shared = try (0..<100).map { _ in try Client(port: port, ipv6: ipv6) }
    #expect(1..<100 ~= next.acceptAll())
    async let stopping: Void = running.server.stop()
    let count = try await onThread { () throws in
      while true {
        try kept.send(get("/"))
        if try kept.answer().fields["connection"] == "close" { break }
      }
      // It stops, and has not closed its socket yet.
      let late = try (0..<100).map { _ in try Client(port: port, ipv6: ipv6) }
      return withExtendedLifetime(late) { next.acceptAll() }
    }
    #expect(count == 100)
    await stopping
    withExtendedLifetime(shared) {}
    try await running.stop()
  }

  @Test("Under load, no connection is refused and no request lost, on a port and on a unix socket")
  func underLoad() async throws {
    let files = try HostProcess.Files()
    try await files.create(["a"])
    let path = "/tmp/lynx-\(getpid())-\(UInt32.random(in: 0 ... .max)).socket"
    let options = ["--unix", path, "--take-over", "--drain-idle-timeout", "5"]
    var host = try HostProcess(files, threads: 2, options)
    let port = try host.port()
    let load = Load()
    for number in 0..<8 {
      try load.start { load in
        while !load.isOver {
          let client = number % 2 == 0 ? try Client(port: port) : try Client(path: path)
          // Some connect for each request, others keep the connection until the server ends it.
          let requests = number < 4 ? 1 : Int.max
          for _ in 0..<requests {
            if load.isOver { break }
            load.sent.add(1, ordering: .relaxed)
            try client.send(get("/a"))
            let answer = try client.answer()
            guard answer.status == 308 else { return load.fail("answered \(answer.status)") }
            load.redirected.add(1, ordering: .relaxed)
            if answer.fields["connection"] == "close" { break }
          }
        }
      }
    }
    for _ in 0..<4 {
      let next = try HostProcess(files, port: port, threads: 2, options)
      #expect(try next.port() == port)
      host.signal(SIGTERM)
      let redirects = try #require(Int(host.line("redirects ").prefix { $0.isNumber }))
      #expect(redirects > 0)
      #expect(try host.wait() == 0)
      host = next
    }
    try await load.stop()
    #expect(load.failed.isEmpty, "\(load.failed.prefix(3))")
    #expect(access(path, F_OK) == 0)
    host.signal(SIGTERM)
    #expect(try host.wait() == 0)
    #expect(access(path, F_OK) != 0)
    let answered = load.redirected.load(ordering: .relaxed)
    #expect(answered == load.sent.load(ordering: .relaxed))
    #expect(try await files.clicks() == answered)
  }
}
