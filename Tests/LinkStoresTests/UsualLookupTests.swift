import Links
import TestSupport
import Testing

@testable import LinkStores

@Suite("The short way to a link says what the long one says, or nothing")
struct UsualLookupTests {
  private let hasher = SipHash(key0: 3, key1: 4)
  private let table: CacheTable

  init() throws {
    let (capacity, blocks) = (3000, 3000)
    let arena = try CacheArena(words: CacheTable.words(capacity: capacity, blocks: blocks))
    table = CacheTable(capacity: capacity, blocks: blocks, in: arena)
  }

  private func hash(_ code: [UInt8]) -> UInt64 { code.withUnsafeBytes { hasher.hash($0) } }

  /// What the short way finds, and what it copied.
  private func usual(_ code: [UInt8], room: Int = 256) -> (CachedTarget, [UInt8])? {
    var buffer = [UInt8](repeating: 0xee, count: room)
    let found = code.withUnsafeBytes { code in
      buffer.withUnsafeMutableBytes { buffer in
        UsualCode(code).flatMap {
          table.view.lookUpUsual($0, hash: hasher.hash(code), into: buffer)
        }
      }
    }
    return found.map { ($0, Array(buffer.prefix($0.destinationLength))) }
  }

  private func anyWay(_ code: [UInt8]) -> (CachedTarget, [UInt8])? {
    var buffer = [UInt8](repeating: 0xee, count: 256)
    let found = code.withUnsafeBytes { code in
      buffer.withUnsafeMutableBytes { buffer in
        table.view.lookUp(code, hash: hasher.hash(code), into: buffer).flatMap { $0 }
      }
    }
    return found.map { ($0, Array(buffer.prefix($0.destinationLength))) }
  }

  private func install(_ code: [UInt8], _ destination: [UInt8], version: Int64) {
    code.withUnsafeBytes { code in
      destination.withUnsafeBytes { destination in
        _ = table.install(
          code, hash: hasher.hash(code), id: version &* 7, destination: destination,
          isActive: version % 2 == 0, version: version)
      }
    }
  }

  @Test("Links of all lengths that come, change and go")
  func agreement() {
    var random = SeededGenerator.forTest()
    let codes = (0..<5000).map { number -> [UInt8] in
      // Some that are the beginning of others, some with zeros at the end.
      let code = Array("\(number)".utf8) + random.bytes(number % 13)
      return number % 5 == 0 ? code + [0] : code
    }
    var usualCount = 0
    var shortCount = 0
    for step in 0..<30_000 {
      let code = codes[Int.random(in: 0..<codes.count, using: &random)]
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<4:
        let length = Int.random(in: 0...100, using: &random)
        install(code, random.bytes(length), version: Int64(step))
      case 4:
        code.withUnsafeBytes {
          _ = table.remove($0, hash: hasher.hash($0), olderThan: .max)
        }
      default:
        let (expected, found) = (anyWay(code), usual(code))
        if let found { #expect(expected.map { $0 == found } == true) }
        guard let expected else { continue }
        let words = (code.count + 7) / 8 + (expected.1.count + 7) / 8
        if code.count <= 15, words <= CacheTable.inlineWords {
          shortCount += 1
          usualCount += found == nil ? 0 : 1
        } else {
          #expect(found == nil)
        }
      }
    }
    print("the short way led to \(usualCount) of \(shortCount)")
    #expect(shortCount > 1000)
    // Three quarters of the buckets are taken: a few are not in the line where they belong.
    #expect(usualCount > shortCount * 85 / 100)
  }

  @Test("Nothing during a change, nor into too small a buffer; uses are counted up to three")
  func refusals() {
    let code = Array("abc".utf8)
    install(code, Array("https://a".utf8), version: 2)
    #expect(usual(code, room: 72) != nil)
    #expect(usual(code, room: 71) == nil)
    let sequence = table.view.control[0]
    table.view.control[0] = sequence + 1
    #expect(usual(code) == nil)
    table.view.control[0] = sequence + 2
    for _ in 0..<10 { #expect(usual(code)?.1 == Array("https://a".utf8)) }
    let entry = code.withUnsafeBytes { table.find($0, hash: hasher.hash($0)) } ?? -1
    #expect(table.entries[entry * CacheTable.entryWords + CacheTable.Field.frequency] == 3)
  }

  @Test("An empty bucket is no link, also for the hash whose upper bits are zero")
  func zeroBits() {
    let code = Array("a".utf8)
    let found = code.withUnsafeBytes { bytes in
      var room = [UInt8](repeating: 0, count: 80)
      return room.withUnsafeMutableBytes { room in
        UsualCode(bytes).flatMap { table.view.lookUpUsual($0, hash: 5, into: room) }
      }
    }
    #expect(found == nil)
    code.withUnsafeBytes { bytes in
      _ = table.install(
        bytes, hash: 5, id: 9, destination: UnsafeRawBufferPointer(start: nil, count: 0),
        isActive: true, version: 1)
      #expect(table.find(bytes, hash: 5) != nil)
    }
  }
}
