import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite("Many connections at a time")
struct IdleTests {
  @Test("Ten thousand idle connections stay open, and others are answered meanwhile")
  func idle() async throws {
    Machine.raiseOpenFileLimit()
    // What other tests and the server itself need is left.
    let count = min(10_000, max(200, Machine.openFileLimit - 1200))
    print("\(count) idle connections: \(Machine.openFileLimit) files may be open")
    try #require(count > 0)
    let files = try HostProcess.Files()
    try await files.create(["a"])
    let host = try HostProcess(files, threads: 2, ["--idle-timeout", "3600"])
    let port = try host.port()
    try await onThread { () throws in
      var idle: [Client] = []
      for number in 0..<count {
        idle.append(try Client(port: port))
        if number % 100 == 0 {
          let busy = try Client(port: port)
          for _ in 0..<5 {
            try busy.send(get("/a"))
            #expect(try busy.answer().status == 308)
          }
        }
      }
      // Every one of them is still there.
      for client in idle {
        try client.send(get("/"))
        #expect(try client.answer().status == 200)
      }
    }
    host.signal(SIGTERM)
    #expect(try host.line("redirects ").hasPrefix("\((count + 99) / 100 * 5) "))
    #expect(try host.wait() == 0)
  }
}
