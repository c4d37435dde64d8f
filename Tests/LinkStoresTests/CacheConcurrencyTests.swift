import Foundation
import Links
import Synchronization
import TestSupport
import Testing

@testable import LinkStores

@Suite("Threads never see half a state, nor an older one than was announced")
struct CacheConcurrencyTests {
  /// A destination that tells which version it is of, in each of its parts.
  private static func destination(_ code: Int, _ version: Int64) -> String {
    // Also long enough for overflow blocks that change hands.
    String(repeating: "\(code):\(version)/", count: 1 + (code + Int(version)) % 40)
  }

  @Test("Hits, installs, invalidations and evictions on many threads")
  func threads() async throws {
    let seed = Self.seed()
    let codes = 64
    // Fewer entries than codes: everything is evicted now and then.
    let cache = try LinkCache(limits: .init(entries: 40, absentEntries: 4, bytes: 30_000))
    let announced = (0..<codes).map { _ in Announced() }
    let score = Score()
    await withTaskGroup(of: Void.self) { group in
      // Writers: each code belongs to one of them, so that its versions grow.
      for writer in 0..<2 {
        group.addTask {
          await Self.onThread {
            var random = SeededGenerator(seed: seed &+ UInt64(writer))
            for _ in 0..<60_000 {
              let code = Int.random(in: 0..<(codes / 2), using: &random) * 2 + writer
              let version = announced[code].value.load(ordering: .relaxed) + 1
              if Bool.random(using: &random) {
                cache.install(
                  Target(
                    id: Int64(code), destination: Self.destination(code, version),
                    isActive: version % 2 == 0, version: version), for: "code\(code)")
              } else {
                cache.invalidate("code\(code)", version: version)
              }
              announced[code].value.store(version, ordering: .sequentiallyConsistent)
            }
            score.isOver.store(true, ordering: .relaxed)
          }
        }
      }
      for reader in 0..<3 {
        group.addTask {
          await Self.onThread {
            var random = SeededGenerator(seed: seed &+ 100 &+ UInt64(reader))
            var own = 0
            repeat {
              let code = Int.random(in: 0..<codes, using: &random)
              let least = announced[code].value.load(ordering: .sequentiallyConsistent)
              guard case .found(let target) = cache.look("code\(code)") else { continue }
              own += 1
              let isWhole =
                target.id == Int64(code)
                && target.destination == Self.destination(code, target.version)
                && target.isActive == (target.version % 2 == 0)
              if !isWhole { score.wrong.withLock { $0.append("torn: \(target)") } }
              if target.version < least {
                score.wrong.withLock { $0.append("stale: \(target.version) < \(least)") }
              }
            } while !score.isOver.load(ordering: .relaxed)
            score.hits.add(own, ordering: .relaxed)
          }
        }
      }
    }
    #expect(score.wrong.withLock { Array($0.prefix(3)) } == [])
    print("hits during changes: \(score.hits.load(ordering: .relaxed))")
    #expect(cache.counts.links <= 40)
  }

  private static func seed() -> UInt64 {
    var random = SeededGenerator.forTest("threads")
    return random.next()
  }

  private final class Score: Sendable {
    let hits = Atomic<Int>(0)
    let wrong = Mutex<[String]>([])
    let isOver = Atomic<Bool>(false)
  }

  private final class Announced: Sendable {
    let value = Atomic<Int64>(0)
  }

  private static func onThread(_ body: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
      Thread {
        body()
        continuation.resume()
      }.start()
    }
  }

  /// A database lookup that answers when it is told to.
  private final class SlowLookup: Sendable {
    private let state = Mutex<(calls: Int, answer: CheckedContinuation<Target?, Never>?)>((0, nil))
    private let began = AsyncStream<Void>.makeStream()

    func callAsFunction(_ code: String) async throws(LinkError) -> Target? {
      await withCheckedContinuation { continuation in
        state.withLock { $0 = ($0.calls + 1, continuation) }
        began.continuation.yield()
      }
    }

    func waitUntilAsked() async { for await _ in began.stream { return } }

    func answer(_ target: Target?) {
      state.withLock { state in
        defer { state.answer = nil }
        return state.answer
      }?.resume(returning: target)
    }

    var calls: Int { state.withLock { $0.calls } }
  }

  private func target(_ version: Int64) -> Target {
    Target(id: 1, destination: "https://a/\(version)", isActive: true, version: version)
  }

  @Test func oneLookupForAllWhoAsk() async throws {
    let cache = try LinkCache(limits: .init(entries: 8, absentEntries: 8, bytes: 10_000))
    let slow = SlowLookup()
    let answers = AsyncStream<Result<Target?, LinkError>>.makeStream()
    for _ in 0..<500 {
      cache.resolve("a", from: slow.callAsFunction) { answers.continuation.yield($0) }
    }
    await slow.waitUntilAsked()
    slow.answer(target(1))
    var count = 0
    for await answer in answers.stream {
      #expect(answer == .success(target(1)))
      count += 1
      if count == 500 { break }
    }
    #expect(slow.calls == 1)
    #expect(cache.look("a") == .found(target(1)))
  }

  @Test func aFailureGoesToAllAndIsNotKept() async throws {
    let cache = try LinkCache(limits: .init(entries: 8, absentEntries: 8, bytes: 10_000))
    let failure = LinkError.unavailable(reason: "no connection", retryAfter: 1)
    await #expect(throws: failure) {
      try await cache.resolve("a") { (_) async throws(LinkError) in throw failure }
    }
    #expect(cache.look("a") == .miss)
    let found = try await cache.resolve("a") { [answer = target(1)] (_) async throws(LinkError) in
      answer
    }
    #expect(found == target(1))
  }

  enum Change: CaseIterable { case install, invalidate, invalidateAll }

  @Test(
    "What a lookup read before a change never comes into the table after it",
    arguments: Change.allCases)
  func lookupsThatBeganBefore(change: Change) async throws {
    for old in [nil, target(1)] {
      let cache = try LinkCache(limits: .init(entries: 8, absentEntries: 8, bytes: 10_000))
      let (slow, second) = (SlowLookup(), SlowLookup())
      async let first = cache.resolve("a", from: slow.callAsFunction)
      await slow.waitUntilAsked()
      switch change {
      case .install:
        cache.install(target(2), for: "a")
        #expect(cache.look("a") == .found(target(2)))
      case .invalidate: cache.invalidate("a", version: 2)
      case .invalidateAll: cache.invalidateAll()
      }
      if change == .install {
        slow.answer(old)
        #expect(try await first == old)
      } else {
        // Who asks after the change is not given the old lookup's answer.
        async let later = cache.resolve("a", from: second.callAsFunction)
        await second.waitUntilAsked()
        slow.answer(old)
        #expect(try await first == old)
        #expect(cache.look("a") == .miss)
        second.answer(target(2))
        #expect(try await later == target(2))
      }
      #expect(cache.look("a") == .found(target(2)))
    }
  }
}
