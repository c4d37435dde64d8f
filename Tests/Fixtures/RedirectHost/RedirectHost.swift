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
///     RedirectHost DATABASE_FILE JOURNAL_DIRECTORY PORT THREADS [MAXIMUM_CONNECTIONS] [OPTION…]
///
/// Writes `ready PORT` when it accepts connections, and at the end `redirects N clicks N hits N`.
@main
struct RedirectHost {
  static let isStopping = Atomic(false)

  static func main() async {
    do {
      try await run()
    } catch {
      say("! \(error)")
      exit(75)
    }
  }

  static func run() async throws {
    guard let options = HostOptions(CommandLine.arguments) else {
      say(HostOptions.usage)
      exit(64)
    }
    // Timers have what they need from their first use on, also when there are no descriptors left.
    try await Task.sleep(for: .milliseconds(1))
    signal(SIGTERM) { _ in RedirectHost.isStopping.store(true, ordering: .relaxed) }
    Machine.raiseOpenFileLimit()
    let store = try SQLiteLinkStore(path: options.database)
    let cache = try LinkCache()
    try await warm(cache, from: store)
    var settings = options.settings
    let journal = try await ClickJournal(
      directory: options.journal, loops: settings.threads, store: store)
    settings.report = { say("! \($0)") }
    let server = try RedirectServer(settings, cache: cache, store: store, journal: journal)
    say("ready \(port(of: server))")
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

  /// The first one; 0 if there is none.
  static func port(of server: RedirectServer) -> Int {
    for case .internet(_, let port) in server.addresses { return port }
    return 0
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

/// What it is told on its command line.
struct HostOptions {
  static let usage = """
    usage: RedirectHost DATABASE_FILE JOURNAL_DIRECTORY PORT THREADS [MAXIMUM_CONNECTIONS] [OPTION…]
      --inherited          serve on the sockets of the service manager alone
      --take-over          share the port with a server that stops soon
      --unix PATH          serve on a unix socket as well
      --idle-timeout N     seconds
      --drain-idle-timeout N
    """

  let database: String
  let journal: String
  var settings = RedirectSettings()

  /// Nil if it cannot be understood.
  init?(_ words: [String]) {
    guard words.count >= 5, let port = Int(words[3]), let threads = Int(words[4]) else {
      return nil
    }
    database = words[1]
    journal = words[2]
    settings.addresses = [.internet(host: "127.0.0.1", port: port)]
    settings.threads = threads
    var rest = words.dropFirst(5)
    while let word = rest.popFirst() {
      switch word {
      case "--inherited":
        settings.addresses = InheritedSockets.descriptors().map { .inherited(descriptor: $0) }
      case "--take-over": settings.takesOver = true
      case "--unix":
        guard let path = rest.popFirst() else { return nil }
        settings.addresses.append(.unix(path: path))
      case "--idle-timeout", "--drain-idle-timeout":
        guard let seconds = rest.popFirst().flatMap({ Int($0) }) else { return nil }
        if word == "--idle-timeout" {
          settings.idleTimeout = seconds
        } else {
          settings.drainIdleTimeout = seconds
        }
      default:
        guard let most = Int(word) else { return nil }
        settings.maximumConnections = most
      }
    }
  }
}
