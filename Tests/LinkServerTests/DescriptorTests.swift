import Glibc
import TestSupport
import Testing

@Suite("Without descriptors the server waits, says so and goes on")
struct DescriptorTests {
  @Test("More clients than open files: those that are connected are served, the others afterwards")
  func noDescriptors() throws {
    let files = try HostProcess.Files()
    // It believes that it may have more connections than files.
    let host = try HostProcess(files, ["100000"], shell: "ulimit -n 60")
    let port = try host.port()
    var clients = try (0..<100).map { _ in try Client(port: port) }
    for client in clients { try client.send(get("/")) }
    #expect(try host.line("! ").contains("Too many open files"))
    #expect(try clients[0].answer().status == 200)
    // It does not spin meanwhile: the CPU time of a second without descriptors.
    let before = try host.cpuTicks()
    sleep(2)
    #expect(try host.cpuTicks() - before < 50)
    // Each that goes makes room for another.
    while !clients.isEmpty {
      #expect(try clients.count == 100 || clients[0].answer().status == 200)
      clients.removeFirst()
    }
    // It stops without any as well.
    clients = try (0..<100).map { _ in try Client(port: port) }
    try clients[0].send(get("/"))
    #expect(try clients[0].answer().status == 200)
    host.signal(SIGTERM)
    #expect(try host.wait() == 0)
  }

  @Test("By itself it takes as many connections as files may be open, and keeps some for the rest")
  func limit() throws {
    let files = try HostProcess.Files()
    let host = try HostProcess(files, shell: "ulimit -n 100")
    let port = try host.port()
    var clients = try (0..<120).map { _ in try Client(port: port) }
    for client in clients { try client.send(get("/")) }
    #expect(try host.line("! ").hasPrefix("all 68 connections are in use"))
    for client in clients[..<68] { #expect(try client.answer().status == 200) }
    clients.removeFirst(52)
    for client in clients[16...] { #expect(try client.answer().status == 200) }
    host.signal(SIGTERM)
    #expect(try host.wait() == 0)
  }
}
