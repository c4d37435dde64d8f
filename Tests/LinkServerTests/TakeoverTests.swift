import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@Suite("A restarted server takes over the address without anybody noticing")
struct TakeoverTests {
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
