import Databases
import Foundation
import Links
import LinuxSystem
import Testing

@testable import LinkStores

/// What a `lynx serve` has of its own: a store on the shared database, a cache, and the feed.
final class Node: Sendable {
  let store: any LinkStore
  let cache: LinkCache
  let feed: LinkChangeFeed

  init(_ database: DatabaseURL, options: LinkChangeFeed.Options = .init()) throws {
    store = try StoreFixture.openStore(database)
    cache = try LinkCache(limits: .init(entries: 5_000, absentEntries: 5_000, bytes: 4_000_000))
    feed = LinkChangeFeed(store: store, cache: cache, options: options)
    try feed.start()
  }

  func close() async {
    await feed.close()
    await store.close()
  }

  /// What a redirect would be answered with: from the cache, or else from the database, and kept.
  func answer(_ code: String) async throws(LinkError) -> Target? {
    switch cache.look(code) {
    case .found(let target): return target
    case .absent: return nil
    case .miss:
      return try await cache.resolve(code) { (code) async throws(LinkError) in
        try await self.store.targets(of: [code])[0]
      }
    }
  }

  /// Writes as the service does: what was written is in the own cache at once.
  @discardableResult
  func write(_ change: (any LinkStore) async throws -> Link) async throws -> Link {
    let link = try await change(store)
    cache.install(
      Target(
        id: link.id, destination: link.destination, isActive: link.isActive, version: link.version),
      for: link.code)
    return link
  }

  /// Waits until the feed has had its first answer and, where there are any, hears hints.
  func waitUntilWatching() async throws {
    try await eventually("the feed watches") {
      let statistics = feed.statistics
      return statistics.answers > 0 && statistics.isHearingHints
    }
  }
}

/// Waits until the condition holds; how long it took, in milliseconds. Gives up after 10 s of naps: where
/// many tests share few threads, naps take longer, and so may everything else.
@discardableResult
func eventually(
  _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () async throws -> Bool
) async throws -> Double {
  let start = Clock.monotonicNanoseconds
  for _ in 0..<5_000 {
    if try await condition() { return Double(Clock.monotonicNanoseconds - start) / 1e6 }
    try await Task.sleep(for: .milliseconds(2))
  }
  Issue.record("not in time: \(what)", sourceLocation: sourceLocation)
  throw CancellationError()
}

/// Times in milliseconds, to be printed.
func summary(_ times: [Double]) -> String {
  let sorted = times.sorted()
  guard let last = sorted.last else { return "none" }
  func text(_ value: Double) -> String { String(format: "%.0f", value) }
  return "\(sorted.count) times, median \(text(sorted[sorted.count / 2])) ms, most \(text(last)) ms"
}
