import Glibc
import LinkServer
import LinkStores
import Links
import LinuxSystem
import TestSupport
import Testing

@Suite("Connections are served in order and ended in time")
struct ConnectionTests {
  @Test("Pipelined requests, cached or not, are answered in order, in whatever pieces they come")
  func pipelining() async throws {
    var random = SeededGenerator.forTest()
    let running = try await RunningServer()
    for number in 0..<40 where number % 3 > 0 {
      try await running.create("c\(number)", "https://example.org/\(number)")
    }
    var clicks = 0
    for _ in 0..<20 {
      let client = try running.connect()
      let numbers = (0..<200).map { _ in Int.random(in: 0..<40, using: &random) }
      let text = numbers.map { get("/c\($0)") }.joined()
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        let piece = Int.random(in: 1...3000, using: &random)
        try client.send(Array(rest.prefix(piece)))
        rest = rest.dropFirst(piece)
      }
      for number in numbers {
        let answer = try client.answer()
        #expect(answer.status == (number % 3 > 0 ? 308 : 404))
        if number % 3 > 0 {
          #expect(answer.location == "https://example.org/\(number)")
          clicks += 1
        }
      }
      if Bool.random(using: &random) { running.cache.invalidateAll() }
    }
    #expect(try await running.stop() == clicks)
    // Noted behind the write: a client may be faster.
    #expect(running.answered(.permanentRedirect) == UInt64(clicks))
  }

  @Test("Who sends all and then reads nothing is not read from, and gets all answers once it reads")
  func backpressure() async throws {
    let running = try await RunningServer { $0.threads = 1 }
    let destination = "https://example.org/" + String(repeating: "d", count: 7000)
    try await running.create("long", destination)
    let client = try running.connect()
    // More than the kernel's buffers of both sides hold.
    let count = 3000
    async let sending: Void = onThread {
      try client.send(String(repeating: get("/long"), count: count))
      client.endInput()
    }
    // Another connection is served meanwhile.
    try await onThread { () throws in
      let other = try running.connect()
      for _ in 0..<50 {
        try other.send(get("/"))
        #expect(try other.answer().status == 200)
      }
    }
    try await onThread { () throws in
      for _ in 0..<count { #expect(try client.answer().location == destination) }
      #expect(try client.hasEnded())
    }
    try await sending
    #expect(try await running.stop() == count)
  }

  @Test("A client that reads a little at a time stops and starts the writing, and loses nothing")
  func stopAndGo() async throws {
    var random = SeededGenerator.forTest()
    let path = "/tmp/lynx-\(getpid())-\(UInt32.random(in: 0 ... .max)).socket"
    let running = try await RunningServer {
      $0.threads = 1
      // The kernel keeps 200 KB of a unix socket: writing stops and starts all the time. A small buffer
      // of TCP would test the kernel: below a segment's size, it sends one every 200 ms.
      $0.addresses = [.unix(path: path)]
    }
    var lengths: [Int] = []
    for number in 0..<20 {
      lengths.append(Int.random(in: 20...7000, using: &random))
      let padding = String(repeating: "d", count: lengths[number])
      try await running.create("c\(number)", "https://example.org/" + padding)
    }
    var clicks = 0
    for round in 0..<4 {
      // The last rounds find nothing in the cache: lookups come in between.
      if round >= 2 { running.cache.invalidateAll() }
      let client = try Client(path: path)
      let numbers = (0..<1500).map { _ in Int.random(in: 0..<20, using: &random) }
      clicks += numbers.count
      async let sending: Void = onThread {
        for number in numbers { try client.send(get("/c\(number)")) }
        if round % 2 == 0 { client.endInput() }
      }
      let pauses = numbers.map { _ in Int.random(in: 0..<40, using: &random) == 0 }
      let expected = numbers.map { lengths[$0] + 20 }
      try await onThread { () throws in
        for (length, pauses) in zip(expected, pauses) {
          if pauses { usleep(3000) }
          #expect(try client.answer().location?.utf8.count == length)
        }
        if round % 2 == 0 { #expect(try client.hasEnded()) }
      }
      try await sending
    }
    #expect(try await running.stop() == clicks)
  }

  @Test("Who says that nothing more comes gets the answers that are due")
  func halfClosed() async throws {
    let running = try await RunningServer()
    try await running.create("a", "https://example.org/")
    for pieces in [[get("/a") + get("/a")], [get("/a"), get("/a")]] {
      running.cache.invalidateAll()
      let client = try running.connect()
      for piece in pieces { try client.send(piece) }
      client.endInput()
      for _ in 0..<2 { #expect(try client.answer().status == 308) }
      #expect(try client.hasEnded())
    }
    let silent = try running.connect()
    try silent.send("GET /a HT")
    silent.endInput()
    #expect(try silent.hasEnded())
    try await running.stop()
  }

  @Test("Who goes on sending after its last request can read the answer nevertheless")
  func sendsOn() async throws {
    let running = try await RunningServer { $0.lingerTimeout = 20 }
    try await running.create("a", "https://example.org/")
    let rest = String(repeating: get("/a"), count: 20_000)
    for request in [get("/a", "Connection: close"), "GET /a HTTP/1.0\r\n\r\n"] {
      for _ in 0..<20 {
        let client = try running.connect()
        #expect(throws: Never.self) { try client.send(request + rest) }
        #expect(try client.answer().status == 308)
        // Some clients' systems throw away what was received before a reset.
        #expect(try client.hasEnded(evenByReset: false))
      }
    }
    #expect(try await running.stop() == 40)
  }

  @Test("A head that comes byte by byte, a body that does not, and silence end connections")
  func slow() async throws {
    let running = try await RunningServer {
      $0.requestTimeout = 2
      $0.idleTimeout = 3
    }
    let slow = try running.connect()
    let start = Clock.monotonicNanoseconds
    async let sending: Void = onThread {
      try slow.send("GET / HTTP/1.1\r\nHost: a\r\nX: ")
      // Until the server has enough: a write to a closed connection fails.
      for _ in 0..<300 {
        guard (try? slow.send("x")) != nil else { return }
        usleep(100_000)
      }
    }
    let withBody = try running.connect()
    let silent = try running.connect()
    try await onThread { () throws in
      try withBody.send(get("/", "Content-Length: 10") + "abc")
      #expect(try withBody.answer().status == 200)
      #expect(try slow.hasEnded())
      #expect(Clock.monotonicNanoseconds - start >= 2_000_000_000)
      #expect(try withBody.hasEnded())
      #expect(try silent.hasEnded())
      #expect(Clock.monotonicNanoseconds - start >= 3_000_000_000)
    }
    try await sending
    #expect(running.server.statistics.connectionsTimedOut == 3)
    try await running.stop()
  }

  @Test("Clients that go away in the middle, with and without a reset, leave nothing behind")
  func gone() async throws {
    var random = SeededGenerator.forTest()
    let running = try await RunningServer()
    try await running.create("a", "https://example.org/" + String(repeating: "d", count: 5000))
    for number in 0..<300 {
      let client = try running.connect()
      let text = get("/a") + get("/missing-\(number)") + get("/", "Content-Length: 100")
      let requests = String(repeating: text, count: Int.random(in: 0...60, using: &random))
      let bytes = Array(requests.utf8)
      try client.send(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))))
      if Bool.random(using: &random) { client.reset() }
    }
    let last = try running.connect()
    try last.send(get("/a"))
    #expect(try last.answer().status == 308)
    // Clicks are counted before they are answered, so that none is missing.
    let redirects = running.answered(.permanentRedirect)
    #expect(try await running.stop() >= Int64(redirects))
    #expect(running.server.statistics.openConnections == 0)
  }

  @Test("Every address answers: IPv4, IPv6, a unix socket")
  func addresses() async throws {
    let path = "/tmp/lynx-\(getpid())-\(UInt32.random(in: 0 ... .max)).socket"
    let running = try await RunningServer {
      $0.addresses = [
        .internet(host: "127.0.0.1", port: 0), .internet(host: "::1", port: 0), .unix(path: path),
      ]
    }
    var clients: [Client] = []
    for address in running.server.addresses {
      switch address {
      case .internet("::1", let port): clients.append(try Client(port: port, ipv6: true))
      case .internet(_, let port): clients.append(try Client(port: port))
      case .unix(let path): clients.append(try Client(path: path))
      case .inherited: Issue.record("nothing was inherited")
      }
    }
    #expect(clients.count == 3)
    for client in clients {
      try client.send(get("/"))
      #expect(try client.answer().status == 200)
    }
    try await running.stop()
    #expect(access(path, F_OK) != 0)
  }

  @Test("A database that does not answer leaves cached redirects alone")
  func outage() async throws {
    let broken = try await RunningServer()
    await broken.store.close()
    broken.cache.install(
      Target(id: 1, destination: "https://example.org/", isActive: true, version: 1), for: "known")
    let client = try broken.connect()
    try client.send(get("/known") + get("/unknown") + get("/known") + get("/unknown"))
    for status in [308, 503, 308, 503] {
      let answer = try client.answer()
      #expect(answer.status == status)
      #expect((answer.fields["retry-after"] != nil) == (status == 503))
    }
    #expect(broken.server.statistics.lookupErrors == 2)
    await broken.server.stop()
    await #expect(throws: ClickJournalError.self) { try await broken.journal.close() }
  }
}
