import Foundation
import LinkAPI
import LinkStores
import Links
import LinuxSystem
import TestSupport
import Testing

@Suite("Starting, failing and stopping")
struct ServerTests {
  private func held() async throws -> (APIFixture, HeldStore) {
    let api = try await APIFixture(wrapping: { HeldStore($0) })
    return (api, try #require(api.store as? HeldStore))
  }

  private func waitUntil(_ condition: () -> Bool) async throws {
    for _ in 0..<5_000 {
      if condition() { return }
      try await Task.sleep(for: .milliseconds(2))
    }
    Issue.record("not in time")
  }

  /// Starts a server that shares everything but its addresses.
  private func start(
    beside api: APIFixture, _ change: (inout APISettings) -> Void
  ) async throws -> (APIServer, [APISettings.Address]) {
    var settings = APISettings()
    change(&settings)
    let server = APIServer(
      settings: settings,
      services: APIServices(
        store: api.store, cache: api.cache, journal: api.journal, isSchemaCurrent: { true }),
      logger: api.log.logger)
    return (server, try await server.start())
  }

  @Test("stopping has what runs answered, and takes nothing more")
  func graceful() async throws {
    let (api, store) = try await held()
    store.hold()
    let running = Task { try await api.ask("GET", "/api/urls") }
    try await waitUntil { store.waitingCount == 1 }
    let idle = try await onOwnThread { [port = api.port] in Box(try TestConnection(port: port)) }
    let stopping = Task { await api.server.stop(within: .seconds(60)) }
    #expect(try await onOwnThread { try idle.value.isAtEnd() }, "idle ones are let go")
    await #expect(throws: TestConnection.Failure.self) { try await api.ask("GET", "/healthz") }
    store.release()
    let answer = try await running.value
    #expect(answer.status == 200 && answer.field("connection") == "close")
    await stopping.value
    await api.stop()
  }

  private final class Box: @unchecked Sendable {
    let value: TestConnection
    init(_ value: TestConnection) { self.value = value }
  }

  @Test("what does not end within the limit is cut off")
  func limit() async throws {
    let (api, store) = try await held()
    store.hold()
    let running = Task { try await api.ask("GET", "/api/urls") }
    try await waitUntil { store.waitingCount == 1 }
    await api.server.stop(within: .milliseconds(50))
    await #expect(throws: TestConnection.Failure.self) { try await running.value }
    store.release()
    await api.stop()
  }

  @Test("what is not answered in time is 503, and what comes later is not said")
  func timeout() async throws {
    let api = try await APIFixture(
      wrapping: { HeldStore($0) }, settings: { $0.limits.answerTime = .seconds(1) })
    let store = try #require(api.store as? HeldStore)
    store.hold()
    let answer = try await api.ask("GET", "/api/urls")
    #expect(answer.status == 503 && answer.field("retry-after") != nil)
    store.release()
    var status = 503
    for _ in 0..<20 where status == 503 { status = try await api.ask("GET", "/api/urls").status }
    #expect(status == 200)
    let id = try #require(answer.field("x-request-id"))
    #expect(api.log.all.contains { $0.contains(id) })
    await api.stop()
  }

  @Test("an unreachable database is 503 everywhere, told to the log and not to the client")
  func unavailable() async throws {
    let api = try await APIFixture(auth: .apiKey, wrapping: { HeldStore($0) })
    let store = try #require(api.store as? HeldStore)
    let key = try await api.makeKey("root", isAdmin: true)
    store.fail(.unavailable(reason: "db.internal:5432 is down", retryAfter: 7))
    let body = ["url": "https://example.org/secret-path"]
    var count = 0
    for (method, path) in APIDocument.operations {
      let concrete = path.replacing("{code}", with: "secret-code").replacing("{id}", with: "1")
      let json: Any? =
        method == "PATCH" || path == "/api/urls" && method == "POST"
        ? body : path == "/api/keys" && method == "POST" ? ["name": "secret-name"] : nil
      let answer = try await api.ask(method, concrete, key: key, json: json)
      let responses = APIDocument.paths[path]?[method.lowercased()] as? [String: Any]
      let isOpen = (responses?["responses"] as? [String: Any])?["503"] == nil
      #expect(answer.status == (isOpen ? 200 : 503), "\(method) \(path)")
      if isOpen { continue }
      count += 1
      #expect(answer.field("retry-after") == "7" && !answer.text.contains("internal"))
      let id = try #require(answer.field("x-request-id"))
      #expect(api.log.all.count { $0.contains(id) && $0.contains("db.internal:5432 is down") } == 1)
    }
    #expect(count >= 12 && api.log.all.count == count)
    #expect(!api.log.all.contains { $0.contains("secret") || $0.contains(key.dropFirst(5)) })
    store.fail(nil)
    #expect(try await api.ask("GET", "/api/urls", key: key).status == 200)
    await api.stop()
  }

  @Test("a full disk is told as one, by 503, and a node that can still read stays ready")
  func full() async throws {
    let api = try await APIFixture(wrapping: { HeldStore($0) })
    let store = try #require(api.store as? HeldStore)
    store.fail(.full(reason: "the disk that holds /srv/links.db is full"))
    let answer = try await api.ask("POST", "/api/urls", json: ["url": "https://example.org/"])
    #expect(answer.status == 503 && answer.field("retry-after") == "10")
    #expect(answer.error?.contains("disk is full") == true, "\(answer.text)")
    #expect(!answer.text.contains("/srv") && !answer.text.contains("reached"))
    #expect(api.log.all.contains { $0.contains("/srv/links.db is full") })
    await api.stop()
  }

  @Test("ready is who reaches the database and knows its schema")
  func ready() async throws {
    let api = try await APIFixture(wrapping: { HeldStore($0) })
    #expect(try await api.ask("GET", "/readyz").status == 200)
    let store = try #require(api.store as? HeldStore)
    store.fail(.unavailable(reason: "gone", retryAfter: 1))
    #expect(try await api.ask("GET", "/readyz").status == 503)
    #expect(try await api.ask("GET", "/healthz").status == 200)
    await api.stop()
    let old = try await APIFixture(isSchemaCurrent: { false })
    let answer = try await old.ask("GET", "/readyz")
    #expect(answer.status == 503 && answer.error?.contains("lynx migrate up") == true)
    #expect(try await old.ask("GET", "/api/health").object["message"] as? String == "OK")
    await old.stop()
  }

  @Test("a real database that goes away and comes back")
  func outage() async throws {
    let postgres = try PostgresServer()
    let url = try postgres.url(database: postgres.makeDatabase())
    let api = try await APIFixture(url: url)
    #expect(try await api.ask("GET", "/readyz").status == 200)
    try postgres.stop("immediate")
    #expect(try await api.ask("GET", "/readyz").status == 503)
    #expect(
      try await api.ask("POST", "/api/urls", json: ["url": "https://a.example/"]).status == 503)
    #expect(try await api.ask("GET", "/healthz").status == 200)
    try postgres.start()
    var status = 503
    for _ in 0..<1_000 where status == 503 {
      status = try await api.ask("GET", "/readyz").status
    }
    #expect(status == 200)
    #expect(
      try await api.ask("POST", "/api/urls", json: ["url": "https://a.example/"]).status == 201)
    await api.stop()
  }

  @Test("a taken port is named, with who has it; nothing else stays open")
  func taken() async throws {
    let api = try await APIFixture()
    await #expect {
      _ = try await start(beside: api) {
        $0.addresses = [.tcp(host: "127.0.0.1", port: 0), .tcp(host: "127.0.0.1", port: api.port)]
      }
    } throws: { error in
      guard let error = error as? APIServerError else { return false }
      #expect(error.description.contains("127.0.0.1:\(api.port) is taken by process \(getpid()) ("))
      return error.kind == .taken
    }
    #expect(try await api.ask("GET", "/healthz").status == 200)
    #expect(Processes.listening(onPort: api.port) == getpid())
    await api.stop()
    #expect(Processes.listening(onPort: api.port) == nil)
  }

  @Test("without keys nobody from elsewhere is let in, unless that is wanted")
  func open() async throws {
    let api = try await APIFixture()
    for host in ["0.0.0.0", "::", "::ffff:0.0.0.0"] {
      await #expect {
        _ = try await start(beside: api) { $0.addresses = [.tcp(host: host, port: 0)] }
      } throws: { error in
        (error as? APIServerError)?.kind == .setting && "\(error)".contains("--allow-open-api")
      }
      for isKeyed in [true, false] {
        let (server, _) = try await start(beside: api) {
          $0.addresses = [.tcp(host: host, port: 0)]
          if isKeyed { $0.authMode = .apiKey } else { $0.allowsOpenAPI = true }
        }
        await server.stop()
      }
    }
    for host in ["127.0.0.1", "127.8.9.1", "::1", "localhost", "::ffff:127.0.0.1"] {
      let (server, bound) = try await start(beside: api) {
        $0.addresses = [.tcp(host: host, port: 0)]
      }
      guard case .tcp(host, let port)? = bound.first else {
        Issue.record("\(bound)")
        continue
      }
      #expect(port > 0)
      await server.stop()
    }
    for address in [
      APISettings.Address.tcp(host: "no such host.invalid", port: 0),
      .tcp(host: "127.0.0.1", port: 65_536), .tcp(host: "127.0.0.1", port: -1), .unix(path: ""),
      .unix(path: "/tmp/" + String(repeating: "x", count: 200)),
    ] {
      await #expect {
        _ = try await start(beside: api) { $0.addresses = [address] }
      } throws: { error in
        (error as? APIServerError)?.kind == .setting
      }
    }
    await api.stop()
  }

  @Test("settings that cannot be meant are told before anything listens")
  func settings() async throws {
    let api = try await APIFixture()
    for change in [
      { $0.shortCodeMaxLength = 2 }, { $0.redirectBaseURL = "s.example" },
      { $0.redirectBaseURL = "" }, { $0.addresses = [] },
    ] as [(inout APISettings) -> Void] {
      await #expect {
        _ = try await start(beside: api, change)
      } throws: { error in
        (error as? APIServerError)?.kind == .setting
      }
    }
    await api.stop()
  }

  @Test("a unix socket serves, replaces one left behind, and leaves none behind")
  func unixSocket() async throws {
    let api = try await APIFixture()
    let path = api.directory + "/api.sock"
    for round in 1...2 {
      let (server, bound) = try await start(beside: api) { $0.addresses = [.unix(path: path)] }
      #expect(bound == [.unix(path: path)])
      let status = try await onOwnThread {
        let connection = try TestConnection(path: path)
        try connection.send(TestRequest(method: "GET", path: "/healthz").bytes)
        return try connection.answer().status
      }
      #expect(status == 200)
      await #expect {
        _ = try await start(beside: api) { $0.addresses = [.unix(path: path)] }
      } throws: { error in
        (error as? APIServerError)?.kind == .taken
      }
      await #expect(throws: APIServerError.self) {
        _ = try await start(beside: api) {
          $0.addresses = [.tcp(host: "127.0.0.1", port: 0), .unix(path: path)]
        }
      }
      #expect(FileManager.default.fileExists(atPath: path), "another server's")
      await server.stop()
      #expect(!FileManager.default.fileExists(atPath: path))
      // What a killed server leaves.
      if round == 1 { try leaveSocket(at: path) }
    }
    try Data("not a socket".utf8).write(to: URL(fileURLWithPath: path))
    await #expect(throws: APIServerError.self) {
      _ = try await start(beside: api) { $0.addresses = [.unix(path: path)] }
    }
    #expect(FileManager.default.contents(atPath: path) == Data("not a socket".utf8))
    await api.stop()
  }

  private func leaveSocket(at path: String) throws {
    _ = try Tool.run(
      "/usr/bin/python3",
      ["-c", "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", path])
    #expect(FileManager.default.fileExists(atPath: path))
  }
}
