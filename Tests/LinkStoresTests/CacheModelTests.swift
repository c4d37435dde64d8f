import Links
import TestSupport
import Testing

@testable import LinkStores

@Suite("The cache answers as a dictionary would, except that it may have forgotten")
struct CacheModelTests {
  @Test(
    "Random operations",
    arguments: [(1, 1, 4096), (10, 5, 20_000), (200, 50, 60_000), (5000, 400, 2_000_000)])
  func model(entries: Int, absent: Int, bytes: Int) async throws {
    var random = SeededGenerator.forTest()
    let limits = LinkCache.Limits(entries: entries, absentEntries: absent, bytes: bytes)
    let cache = try LinkCache(limits: limits, hasher: SipHash(using: &random))
    #expect(cache.reservedBytes <= bytes)
    let lengths = [0, 1, 7, 8, 9, 20, 72, 73, 80, 81, 128, 129, 500, 3000]
    func text(_ length: Int, _ random: inout SeededGenerator) -> String {
      String(
        decoding: (0..<length).map { _ in UInt8.random(in: 33...126, using: &random) },
        as: UTF8.self)
    }
    let codes = (0..<600).map { number in
      "\(number)-" + text(number % 10 == 0 ? 90 : number % 12, &random)
    }
    // What the store would say; and since when the cache may not be older.
    var truth: [String: Target] = [:]
    var version: [String: Int64] = [:]
    var found = 0
    for step in 0..<20_000 {
      let code = codes[
        min(Int.random(in: 0..<600, using: &random), Int.random(in: 0..<600, using: &random))]
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<15:
        let next = (version[code] ?? 0) + 1
        let length = lengths.randomElement(using: &random) ?? 0
        let target = Target(
          id: Int64(step), destination: text(length, &random),
          isActive: Bool.random(using: &random), version: next)
        (truth[code], version[code]) = (target, next)
        cache.install(target, for: code)
      case 15..<20:
        // Changed on another node.
        let next = (version[code] ?? 0) + 1
        truth[code] = Target(
          id: Int64(step), destination: "elsewhere", isActive: true, version: next)
        version[code] = next
        cache.invalidate(code, version: next)
        #expect(cache.look(code) == .miss)
      case 20..<22:
        // An older state must not come back.
        if let known = version[code], known > 1 {
          cache.install(
            Target(id: 0, destination: "old", isActive: true, version: known - 1), for: code)
          if case .found(let target) = cache.look(code), target.destination == "old" {
            // It was forgotten, and then a direct install of old state is the caller's own doing.
            cache.invalidate(code, version: known)
          }
        }
      case 22: if Int.random(in: 0..<100, using: &random) == 0 { cache.invalidateAll() }
      case 23..<45:
        let expected = truth[code]
        let answer = try await cache.resolve(code) { (_) async throws(LinkError) in expected }
        #expect(answer == expected)
      default:
        switch cache.look(code) {
        case .miss: break
        case .absent: #expect(truth[code] == nil)
        case .found(let target):
          found += 1
          #expect(target == truth[code])
        }
      }
      let counts = cache.counts
      #expect(counts.links <= entries && counts.absent <= absent)
    }
    if entries >= 200 { #expect(found > 1000) }
  }

  @Test("What was kept last is found, whatever its length; what is too large is passed over")
  func lengths() throws {
    let cache = try LinkCache(limits: .init(entries: 64, absentEntries: 8, bytes: 400_000))
    var found = 0
    for length in 0...8192 {
      let code = "c\(length)" + String(repeating: "é", count: length % 60)
      let target = Target(
        id: Int64(length), destination: String(repeating: "d", count: length), isActive: true,
        version: 1)
      cache.install(target, for: code)
      let looked = cache.look(code)
      #expect(looked == .found(target) || (looked == .miss && length > 8000), "\(length)")
      if looked != .miss { found += 1 }
    }
    #expect(found > 8000)
    let huge = Target(
      id: 1, destination: String(repeating: "x", count: 70_000), isActive: true, version: 9)
    cache.install(huge, for: "c5")
    #expect(cache.look("c5") == .miss)
  }

  @Test("In 192 bytes an entry nearly all links of 60 bytes are kept, and the memory is bounded")
  func memory() throws {
    #expect(try LinkCache().reservedBytes <= 96_000_000)
    let limits = LinkCache.Limits(entries: 50_000, absentEntries: 5000, bytes: 9_600_000)
    let cache = try LinkCache(limits: limits)
    #expect(cache.reservedBytes <= limits.bytes)
    for number in 0..<50_000 {
      let path = "https://example.com/a/path/of/some/length/\(100_000 + number)"
      cache.install(
        Target(id: Int64(number), destination: path, isActive: true, version: 1), for: "c\(number)")
    }
    // Shards fill unevenly: a binomial distribution, whose spread is below two percent here.
    #expect((49_000...50_000).contains(cache.counts.links))
  }

  @Test("Who meets a change that does not end gives up, and finds the answer under the lock")
  func unfinishedChange() throws {
    let arena = try CacheArena(words: 2 * CacheTable.words(capacity: 8, blocks: 8))
    let shard = CacheShard(entries: 8, blocks: 8, absentEntries: 8, absentBlocks: 8, in: arena)
    let code = Array("a".utf8)
    let target = Target(id: 5, destination: "https://a", isActive: true, version: 3)
    shard.install(target, code, hash: 42)
    let known = CacheAnswer.found(
      CachedTarget(id: 5, version: 3, isActive: true, destinationLength: 9))
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { buffer in
      code.withUnsafeBytes { code in
        #expect(shard.view.lookUp(code, hash: 42, into: buffer) == known)
        let sequence = shard.view.links.control[0]
        shard.view.links.control[0] = sequence + 1
        #expect(shard.view.lookUp(code, hash: 42, into: buffer) == nil)
        #expect(shard.lookUpLocked(code, hash: 42, into: buffer) == known)
        #expect(String(decoding: buffer.prefix(9), as: UTF8.self) == target.destination)
      }
    }
  }

  @Test("What was found out in the meantime is not looked up again")
  func knownInTheMeantime() async throws {
    let cache = try LinkCache(limits: .init(entries: 8, absentEntries: 8, bytes: 10_000))
    let target = Target(id: 5, destination: "https://a", isActive: true, version: 3)
    cache.install(target, for: "a")
    let answer = try await cache.resolve("a") { (_) async throws(LinkError) in
      throw .unavailable(reason: "asked again", retryAfter: nil)
    }
    #expect(answer == target)
  }

  @Test func aBufferTooSmallIsLeftAlone() throws {
    let cache = try LinkCache(limits: .init(entries: 4, absentEntries: 4, bytes: 4096))
    cache.install(
      Target(id: 3, destination: "https://example.com", isActive: false, version: 7), for: "a")
    var buffer = [UInt8](repeating: 0xee, count: 8)
    let answer = [UInt8](arrayLiteral: UInt8(ascii: "a")).withUnsafeBytes { code in
      buffer.withUnsafeMutableBytes { cache.lookUp(code, into: $0) }
    }
    #expect(
      answer
        == .found(CachedTarget(id: 3, version: 7, isActive: false, destinationLength: 19)))
    #expect(buffer == [UInt8](repeating: 0xee, count: 8))
  }

  @Test("A flood of unknown codes displaces no link, and each is asked for once while it is known")
  func flood() async throws {
    let cache = try LinkCache(limits: .init(entries: 1000, absentEntries: 100, bytes: 1_000_000))
    for number in 0..<1000 {
      cache.install(
        Target(id: 1, destination: "https://example.com/\(number)", isActive: true, version: 1),
        for: "link\(number)")
    }
    for number in 0..<5000 {
      _ = try await cache.resolve("none\(number)") { (_) async throws(LinkError) in nil }
      #expect(cache.look("none\(number)") == .absent)
    }
    #expect(cache.counts.links == 1000 && cache.counts.absent <= 100)
    for number in 0..<1000 { #expect(cache.look("link\(number)") != .miss) }
    // Created at last: found at once.
    let target = Target(id: 2, destination: "https://a", isActive: true, version: 1)
    cache.install(target, for: "none4999")
    #expect(cache.look("none4999") == .found(target))
    cache.invalidate("none4998", version: 1)
    #expect(cache.look("none4998") == .miss)
  }
}
