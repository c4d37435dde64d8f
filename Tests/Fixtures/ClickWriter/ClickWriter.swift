import Databases
import Glibc
import LinkStores
import Links
import Synchronization

/// Counts clicks on several threads until it is killed, through a journal so small that its rings and
/// areas are often full. Standard output has a line `+ LINK CLICKS` before each burst of clicks and
/// `= LINK CLICKS` after it: what was received, and what was answered. SIGTERM ends it in order.
///
///     ClickWriter DATABASE_URL DIRECTORY LOOPS FLUSH_MILLISECONDS MODE LINK...
///
/// MODE: `count`; `recover`, which counts nothing and ends; `kill-before-add` or `kill-after-add`,
/// which ends itself with SIGKILL around its third batch.
@main
struct ClickWriter {
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
    let arguments = CommandLine.arguments
    guard arguments.count >= 7, let loops = Int(arguments[3]), let flush = Int(arguments[4]) else {
      print("usage: ClickWriter DATABASE_URL DIRECTORY LOOPS FLUSH_MILLISECONDS MODE LINK...")
      exit(64)
    }
    let mode = arguments[5]
    let links = arguments.dropFirst(6).compactMap { Int64($0) }
    signal(SIGTERM) { _ in ClickWriter.isStopping.store(true, ordering: .relaxed) }

    var store = try openStore(DatabaseURL(arguments[1]))
    if mode == "kill-before-add" { store = DeadlyStore(store, kills: .before) }
    if mode == "kill-after-add" { store = DeadlyStore(store, kills: .after) }
    var options = ClickJournal.Options()
    options.ringClicks = 256
    options.areaLinks = 64
    options.batchLinks = 7
    options.viewMilliseconds = 2
    options.flushInterval = .milliseconds(flush)
    options.report = { say("! \($0)") }
    let journal = try await ClickJournal(
      directory: arguments[2], loops: loops, store: store, options: options)
    if mode != "recover" {
      await withTaskGroup { group in
        for loop in 0..<loops {
          let counter = journal.counter(forLoop: loop)
          group.addTask { await onThread { count(counter, links) } }
        }
      }
    }
    try await journal.close()
    await store.close()
    say("# recovered \(journal.statistics.recoveredClicks)")
  }

  /// One thread's clicks.
  static func count(_ counter: ClickCounter, _ links: [Int64]) {
    while !isStopping.load(ordering: .relaxed), let link = links.randomElement() {
      let clicks = Int.random(in: 1...40)
      say("+ \(link) \(clicks)")
      for _ in 0..<clicks { counter.count(link) }
      say("= \(link) \(clicks)")
    }
  }

  /// One system call, so that a line is written whole or not at all.
  static func say(_ text: String) {
    let line = Array("\(text)\n".utf8)
    guard write(1, line, line.count) == line.count else { exit(1) }
  }

  static func openStore(_ database: DatabaseURL) throws -> any LinkStore {
    switch database.engine {
    case .sqlite(let path): return try SQLiteLinkStore(path: path)
    case .postgres(let conninfo): return try PostgresLinkStore(conninfo: conninfo)
    }
  }

  private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  static func onThread(_ body: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
      let box = Unmanaged.passRetained(
        Body {
          body()
          continuation.resume()
        })
      var thread = pthread_t()
      let code = pthread_create(
        &thread, nil,
        { argument in
          if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
          return nil
        }, box.toOpaque())
      if code != 0 { exit(71) }
      pthread_detach(thread)
    }
  }
}
