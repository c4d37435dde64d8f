import Databases
import Foundation
import LinkAPI
import LinkStores
import Links
import Logging
import Migrations
import Synchronization
import TestSupport
import Testing

enum TestedEngine: String, CaseIterable, Sendable {
  case sqlite, postgres
}

/// An API server on a database of its own, gone with ``stop()``. Every answer to ``ask(_:_:key:json:)`` is
/// compared with Docs/openapi.json.
final class APIFixture: Sendable {
  let store: any LinkStore & APIKeyStore
  let cache: LinkCache
  let journal: ClickJournal
  let server: APIServer
  let port: Int
  let directory: String
  let url: String
  let log = LogLines()

  init(
    _ engine: TestedEngine = .sqlite, auth: AuthMode = .none, sharing other: APIFixture? = nil,
    url given: String? = nil,
    wrapping wrap: (any LinkStore & APIKeyStore) -> any LinkStore & APIKeyStore = { $0 },
    isSchemaCurrent: @escaping @Sendable () -> Bool = { true },
    metrics: @escaping @Sendable () -> [MetricFamily] = { [] },
    profile: ProfileTaking? = { Array("\($0.seconds) s at \($0.hertz) Hz".utf8) },
    settings change: (inout APISettings) -> Void = { _ in }
  ) async throws {
    directory = NSTemporaryDirectory() + "lynx-api-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    if let shared = other?.url ?? given {
      url = shared
    } else if engine == .sqlite {
      url = "sqlite://\(directory)/links.db"
    } else {
      let server = try PostgresServer.shared()
      url = try server.url(database: server.makeDatabase())
    }
    let database = try DatabaseURL(url)
    if other == nil {
      let isSQLite = if case .sqlite = database.engine { true } else { false }
      _ = try Migrator(database: database, origin: .embedded(isSQLite ? .sqlite : .postgres)).up()
    }
    switch database.engine {
    case .sqlite(let path): store = wrap(try SQLiteLinkStore(path: path))
    case .postgres(let conninfo): store = wrap(try PostgresLinkStore(conninfo: conninfo))
    }
    // A call waits a second for a connection; a busy machine may take longer to make one.
    for _ in 0..<20 where (try? await store.ping()) == nil {}
    cache = try LinkCache(limits: .init(entries: 5_000, absentEntries: 5_000, bytes: 4_000_000))
    var options = ClickJournal.Options()
    options.ringClicks = 1 << 10
    options.areaLinks = 1 << 10
    options.flushInterval = .seconds(3600)
    journal = try await ClickJournal(
      directory: directory + "/journal", loops: 1, store: store, options: options)
    var settings = APISettings()
    settings.addresses = [.tcp(host: "127.0.0.1", port: 0)]
    settings.authMode = auth
    settings.redirectBaseURL = "https://s.example"
    // Other tests of this process may hold up Swift's threads for a while, on which handlers run.
    settings.limits.answerTime = .seconds(600)
    change(&settings)
    server = APIServer(
      settings: settings,
      services: APIServices(
        store: store, cache: cache, journal: journal, isSchemaCurrent: isSchemaCurrent,
        metrics: metrics, profile: profile),
      logger: log.logger)
    let bound = try await server.start()
    guard case .tcp(_, let port)? = bound.first else {
      throw Tool.Failure(description: "not at TCP: \(bound)")
    }
    self.port = port
  }

  func stop() async {
    await server.stop()
    try? await journal.close()
    await store.close()
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// One request on a connection of its own.
  func ask(
    _ method: String, _ path: String, key: String? = nil, json: Any? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Answer {
    var request = TestRequest(method: method, path: path)
    if let key { request.fields.append(("Authorization", "Bearer \(key)")) }
    if let json {
      request.fields.append(("Content-Type", "application/json"))
      request.body = [UInt8](
        try JSONSerialization.data(withJSONObject: json, options: .fragmentsAllowed))
    }
    return try await send(request, sourceLocation: sourceLocation)
  }

  func send(
    _ request: TestRequest, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Answer {
    let answer = try await onOwnThread { [port] in
      let connection = try TestConnection(port: port)
      try connection.send(request.bytes)
      return try connection.answer(toHead: request.method == "HEAD")
    }
    for fault in APIDocument.faults(of: answer, to: request) {
      Issue.record(
        "\(request.method) \(request.path) → \(answer.status) \(answer.text): \(fault)",
        sourceLocation: sourceLocation)
    }
    return answer
  }

  /// One request at a path that the document does not have.
  static func raw(_ port: Int, _ method: String, _ path: String) async throws -> Answer {
    try await onOwnThread {
      let connection = try TestConnection(port: port)
      try connection.send(TestRequest(method: method, path: path).bytes)
      return try connection.answer(toHead: method == "HEAD")
    }
  }

  /// A new key's text.
  func makeKey(_ name: String, isAdmin: Bool = false) async throws -> String {
    var generator = SystemRandomNumberGenerator()
    let secret = APIKeySecret(using: &generator)
    _ = try await store.createKey(
      NewAPIKey(name: name, hash: secret.hash, isAdmin: isAdmin, createdBy: nil))
    return secret.text
  }
}

/// What was logged.
final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock { $0 } }

  var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

  private struct Handler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let all = metadata.merging(event.metadata ?? [:]) { $1 }
      let pairs = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      lines.lines.withLock { $0.append("\(event.level): \(event.message) \(pairs)") }
    }
  }
}

/// A path with a code in it.
func path(_ code: String, _ rest: String = "") -> String {
  let encoded = code.utf8.map { byte in
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
      ? String(UnicodeScalar(byte)) : String(format: "%%%02x", byte)
  }
  return "/api/urls/\(encoded.joined())\(rest)"
}
