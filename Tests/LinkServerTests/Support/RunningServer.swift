import Databases
import Foundation
import LinkServer
import LinkStores
import Links
import Migrations
import Synchronization
import TestSupport

/// A redirect server over a SQLite file of its own.
final class RunningServer: Sendable {
  let directory: String
  let store: SQLiteLinkStore
  let cache: LinkCache
  let journal: ClickJournal
  let server: RedirectServer
  let reports: Reports

  final class Reports: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
  }

  /// - Parameter lookingUp: who is asked for what is not cached, if not the store.
  init(
    lookingUp other: (any LinkStore)? = nil,
    _ change: (inout RedirectSettings) -> Void = { _ in }
  ) async throws {
    directory = NSTemporaryDirectory() + "lynx-redirects-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let path = "\(directory)/links.db"
    _ = try Migrator(database: DatabaseURL("sqlite://\(path)"), origin: .embedded(.sqlite)).up()
    store = try SQLiteLinkStore(path: path)
    cache = try LinkCache(limits: .init(entries: 2000, absentEntries: 500, bytes: 4_000_000))
    var settings = RedirectSettings()
    settings.addresses = [.internet(host: "127.0.0.1", port: 0)]
    settings.threads = 2
    settings.drainTimeout = 5
    let reports = Reports()
    settings.report = { reports.add($0) }
    self.reports = reports
    change(&settings)
    var options = ClickJournal.Options()
    options.ringClicks = 1024
    options.areaLinks = 1024
    journal = try await ClickJournal(
      directory: "\(directory)/clicks", loops: settings.threads, store: store, options: options)
    server = try RedirectServer(
      settings, cache: cache, store: other ?? store, journal: journal)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  var port: Int {
    for case .internet(_, let port) in server.addresses { return port }
    return 0
  }

  func connect() throws -> Client { try Client(port: port) }

  @discardableResult
  func create(_ code: String, _ destination: String) async throws -> Link {
    try await store.create(
      NewLink(
        code: try ShortCode(custom: code), destination: try Destination(destination),
        createdBy: nil))
  }

  /// Ends everything; how many clicks the database then has.
  @discardableResult
  func stop() async throws -> Int64 {
    await server.stop()
    try await journal.close()
    let clicks = try await store.counts().clicks
    await store.close()
    return clicks
  }

  func answered(_ status: HTTPStatus) -> UInt64 { server.statistics.requests[status] ?? 0 }
}
