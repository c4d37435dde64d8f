import Glibc
import LinkServer
import LinuxSystem
import TestSupport
import Testing

@Suite("What was done is counted, and can be read at any time")
struct StatisticsTests {
  @Test("Answers by status, lookups, latencies: as many as there were")
  func answers() async throws {
    var random = SeededGenerator.forTest()
    let running = try await RunningServer()
    try await running.create("a", "https://example.org/")
    let client = try running.connect()
    var expected: [Int: UInt64] = [:]
    for _ in 0..<300 {
      let (request, status) =
        [(get("/a"), 308), (get("/nothing"), 404), (get("/"), 200), ("PUT" + get("/a"), 405)]
        .randomElement(using: &random) ?? (get("/"), 200)
      try client.send(request)
      #expect(try client.answer().status == status)
      expected[status, default: 0] += 1
    }
    let lookups = (expected[308] ?? 0) + (expected[404] ?? 0)
    await running.server.stop()
    let statistics = running.server.statistics
    for status in HTTPStatus.allCases {
      #expect(statistics.requests[status] == expected[status.rawValue] ?? 0)
    }
    #expect(statistics.cacheHits + statistics.cacheMisses == lookups)
    #expect(statistics.cacheMisses == 2)
    #expect(statistics.latencies.reduce(0, +) == expected[308])
    #expect(statistics.otherLatencies.reduce(0, +) == 300 - (expected[308] ?? 0))
    // Bounds of the sums from the buckets.
    for (buckets, sum) in [
      (statistics.latencies, statistics.latencyNanoseconds),
      (statistics.otherLatencies, statistics.otherLatencyNanoseconds),
    ] {
      let most = buckets.enumerated().reduce(0.0) { $0 + Double($1.1) * 1024 * exp2(Double($1.0)) }
      #expect(Double(sum) <= most && Double(sum) >= most / 2 - Double(buckets[0]) * 1024)
    }
    #expect(statistics.connectionEnds[.stopped] == 1)
    try await running.stop()
  }

  @Test("Every end of a connection has its cause")
  func ends() async throws {
    let path = "/tmp/lynx-\(getpid())-\(UInt32.random(in: 0 ... .max)).socket"
    let running = try await RunningServer {
      $0.addresses = [.unix(path: path)]
      $0.requestTimeout = 2
      $0.idleTimeout = 4
      $0.writeTimeout = 2
      $0.lingerTimeout = 1
    }
    try await running.create("a", "https://example.org/" + String(repeating: "d", count: 5000))
    let expected: [ConnectionEnd: UInt64] = [
      .client: 2, .answered: 2, .refused: 2, .idle: 1, .slowRequest: 2, .slowReader: 1, .failed: 1,
      .stopped: 1,
    ]
    try await onThread { () throws in
      // The client is done: before and after a request.
      for requests in ["", get("/a")] {
        let client = try Client(path: path)
        try client.send(requests)
        client.endInput()
        if !requests.isEmpty { _ = try client.answer() }
        #expect(try client.hasEnded())
      }
      for request in [get("/a", "Connection: close"), "GET /a HTTP/1.0\r\n\r\n"] {
        let client = try Client(path: path)
        try client.send(request)
        _ = try client.answer()
        #expect(try client.hasEnded())
      }
      for request in ["nonsense\r\n", get("/", "Transfer-Encoding: chunked") + "nonsense"] {
        let client = try Client(path: path)
        try client.send(request)
        _ = try client.answer()
        #expect(try client.hasEnded())
      }
      let idle = try Client(path: path)
      let slow = [get("/", "Content-Length: 10") + "abc", "GET / HTTP/1.1\r\n"]
      let slowClients = try slow.map { text in
        let client = try Client(path: path)
        try client.send(text)
        return client
      }
      _ = try slowClients[0].answer()
      let slowReader = try Client(path: path)
      try slowReader.send(String(repeating: get("/a"), count: 1000))
      // Gone while the server has answers for it.
      let gone = try Client(path: path)
      try gone.send(String(repeating: get("/a"), count: 1000))
      _ = try gone.answer()
      gone.abandon()
      for client in slowClients + [idle] { #expect(try client.hasEnded()) }
      try slowReader.waitForEnd()
    }
    let last = try Client(path: path)
    try last.send(get("/a"))
    _ = try last.answer()
    // The first one lingers until its time is over.
    while running.server.statistics.openConnections > 1 {
      try await Task.sleep(for: .milliseconds(20))
    }
    await running.server.stop()
    withExtendedLifetime(last) {}
    #expect(running.server.statistics.connectionEnds == expected)
    #expect(running.server.statistics.connectionsTimedOut == 4)
    #expect(running.server.statistics.openConnections == 0)
    try await running.stop()
  }

  @Test("Under load they only grow, and an event loop that is held up is noticed")
  func anyTime() async throws {
    var random = SeededGenerator.forTest()
    let running = try await RunningServer()
    for code in LossTests.codes { try await running.create(code, "https://example.org/") }
    let load = try LossTests.load(port: running.port, &random)
    var before = running.server.statistics
    for _ in 0..<2000 {
      let now = running.server.statistics
      #expect(now.requests.allSatisfy { $0.value >= before.requests[$0.key] ?? 0 })
      #expect(now.cacheHits >= before.cacheHits)
      #expect(zip(now.latencies, before.latencies).allSatisfy(>=))
      before = now
    }
    try await load.stop()
    #expect(load.failed.isEmpty)
    #expect(try await running.stop() == load.redirected.load(ordering: .relaxed))

    // Its report is made by the loop that accepts.
    let slow = try await RunningServer {
      $0.maximumConnections = 1
      $0.threads = 1
      $0.report = { _ in usleep(1_500_000) }
    }
    let client = try slow.connect()
    while slow.server.statistics.longestLoopLagNanoseconds < 1_000_000_000 {
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(slow.server.statistics.limitsReached == 1)
    withExtendedLifetime(client) {}
    try await slow.stop()
  }
}
