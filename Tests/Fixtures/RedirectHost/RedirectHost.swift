import Databases
import Glibc
import LinkServer
import LinkStores
import Links
import LinuxSystem
import Synchronization

/// Serves redirects of a SQLite database, every link of it in the cache, until SIGTERM: what tests
/// and measurements load.
///
///     RedirectHost DATABASE_FILE JOURNAL_DIRECTORY PORT THREADS [MAXIMUM_CONNECTIONS]
///
/// Writes `ready PORT` when it accepts connections, and at the end `redirects N clicks N hits N`.
@main
struct RedirectHost {
  static let isStopping = Atomic(false)

  static func main() async {
    do {
      try await run()
    } catch {
      print("! \(error)")
      exit(75)
    }
  }

  static func run() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 5, let port = Int(arguments[3]), let threads = Int(arguments[4]) else {
      print(
        "usage: RedirectHost DATABASE_FILE JOURNAL_DIRECTORY PORT THREADS [MAXIMUM_CONNECTIONS]")
      exit(64)
    }
    signal(SIGTERM) { _ in RedirectHost.isStopping.store(true, ordering: .relaxed) }
    Machine.raiseOpenFileLimit()
    let store = try SQLiteLinkStore(path: arguments[1])
    let cache = try LinkCache()
    try await warm(cache, from: store)
    let journal = try await ClickJournal(directory: arguments[2], loops: threads, store: store)

    var settings = RedirectSettings()
    settings.addresses = [.internet(host: "127.0.0.1", port: port)]
    settings.threads = threads
    if arguments.count > 5 { settings.maximumConnections = Int(arguments[5]) }
    settings.report = { say("! \($0)") }
    let server = try RedirectServer(settings, cache: cache, store: store, journal: journal)
    if case .internet(_, let port)? = server.addresses.first { say("ready \(port)") }
    while !isStopping.load(ordering: .relaxed) { try await Task.sleep(for: .milliseconds(50)) }

    await server.stop()
    let before = try await store.counts().clicks
    try await journal.close()
    let after = try await store.counts().clicks
    await store.close()
    let statistics = server.statistics
    say(
      "redirects \(statistics.requests[.permanentRedirect] ?? 0) clicks \(after) "
        + "hits \(statistics.cacheHits) flushed \(after - before)")
  }

  static func warm(_ cache: LinkCache, from store: SQLiteLinkStore) async throws {
    let codes = try await store.changes(since: 0).changes.map(\.code)
    var start = 0
    while start < codes.count {
      let some = Array(codes[start..<min(start + 1000, codes.count)])
      for (code, target) in zip(some, try await store.targets(of: some)) {
        if let target { cache.install(target, for: code) }
      }
      start += some.count
    }
  }

  static func say(_ text: String) {
    let line = Array("\(text)\n".utf8)
    guard write(1, line, line.count) == line.count else { exit(1) }
  }
}
