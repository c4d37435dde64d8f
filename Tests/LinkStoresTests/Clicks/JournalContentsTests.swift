import Links
import TestSupport
import Testing

@testable import LinkStores

@Suite("What a journal says after any end and any damage")
struct JournalContentsTests {
  /// The database has the settled batches, or not the last pieces of them: as after a kill around any
  /// of its commits.
  private static func databases(_ image: JournalImage) -> [[ClickBatch]] {
    // The first batch was acknowledged, since the second was begun.
    let first = image.sent.prefix { $0.id.contains("/1.") }.count
    return (first...image.sent.count).map { Array(image.sent.prefix($0)) }
  }

  private static func lost(_ image: JournalImage, _ found: [Int64: Int64]) -> Int64 {
    image.truth.reduce(0) { $0 + $1.value - found[$1.key, default: 0] }
  }

  private static func isNothingTwice(_ image: JournalImage, _ found: [Int64: Int64]) -> Bool {
    found.allSatisfy { $1 <= image.truth[$0, default: 0] }
  }

  @Test("A whole one gives every click, whatever the database has of it")
  func whole() throws {
    var random = SeededGenerator.forTest()
    for _ in 0..<50 {
      let image = try #require(JournalImage.example(using: &random))
      let contents = try #require(JournalContents(image.words))
      #expect(contents.damages.isEmpty)
      #expect(contents.lastSequence == 3)
      for known in Self.databases(image) {
        #expect(image.recovered(contents, known: known) == image.truth)
      }
    }
  }

  @Test("A kill between any two stores of a checkpoint changes nothing")
  func everyStore() throws {
    var random = SeededGenerator.forTest()
    for round in 0..<30 {
      var image = try #require(JournalImage.example(using: &random))
      if round % 2 == 0 { image.settle() } else { image.checkpoint() }
      var words = image.wordsBefore
      for (index, value) in image.lastStores {
        let contents = try #require(JournalContents(words))
        #expect(contents.damages.isEmpty, "before the store to word \(index)")
        let known = image.sent.filter { !$0.id.contains("/3.") }
        #expect(image.recovered(contents, known: known) == image.truth)
        words[index] = value
      }
      #expect(words == image.words)
    }
  }

  @Test("A batch that the database may have forgotten is not sent; clicks in no batch are")
  func forgotten() throws {
    var random = SeededGenerator.forTest()
    let image = try #require(JournalImage.example(using: &random))
    let contents = try #require(JournalContents(image.words, oldest: image.writtenAt + 1))
    #expect(contents.batches.isEmpty)
    #expect(contents.damages.count == 2)
    #expect(contents.clicks.joined().count == 20)
    #expect(JournalContents(image.words, oldest: image.writtenAt)?.damages.isEmpty == true)
  }

  @Test("A click whose second store is missing is not counted, and is no damage")
  func torn() throws {
    var random = SeededGenerator.forTest()
    for clicks in [0, 1, 63, 64, 65, 100] {
      let geometry = try #require(JournalGeometry(rings: 1, slots: 64, capacity: 20, chunk: 6))
      var image = JournalImage(geometry, using: &random)
      for click in 0..<clicks {
        if click % 50 == 49 { image.checkpoint() }
        image.count(.random(in: 1...20, using: &random), ring: 0)
      }
      let slot = geometry.ring(0) + 2 * (clicks % 64)
      image.words[slot] = 12345
      let contents = try #require(JournalContents(image.words))
      #expect(contents.damages.isEmpty)
      #expect(image.recovered(contents, known: []) == image.truth)
    }
  }

  @Test("Cut after any word: what is left is counted, nothing twice, and it is told")
  func cuts() throws {
    var random = SeededGenerator.forTest()
    let image = try #require(JournalImage.example(using: &random))
    let databases = Self.databases(image)
    var lostBefore = Int64.max
    for length in 0..<image.words.count {
      let contents = JournalContents(Array(image.words.prefix(length)))
      if length >= JournalHeader.words { #expect(contents?.damages.isEmpty == false) }
      for known in [databases[0], databases[databases.count - 1]] {
        #expect(Self.isNothingTwice(image, image.recovered(contents, known: known)))
      }
      // The longer, the more is counted.
      let lost = Self.lost(image, image.recovered(contents, known: databases[0]))
      #expect(lost <= lostBefore, "\(length) words")
      lostBefore = lost
    }
    #expect(lostBefore < image.truth.values.reduce(0, +))
  }

  @Test("Any bit flipped: at most one entry or click is lost, none is counted twice, it is told")
  func flips() throws {
    var random = SeededGenerator.forTest()
    for _ in 0..<3 {
      let image = try #require(JournalImage.example(using: &random))
      let databases = Self.databases(image)
      let largest = Int64(image.truth.values.max() ?? 0)
      for index in image.words.indices {
        var words = image.words
        words[index] ^= 1 << UInt64.random(in: 0..<64, using: &random)
        let contents = try #require(JournalContents(words), "word \(index)")
        for known in [databases[0], databases[databases.count - 1]] {
          let found = image.recovered(contents, known: known)
          #expect(Self.isNothingTwice(image, found), "word \(index)")
          let lost = Self.lost(image, found)
          #expect(lost <= largest, "word \(index)")
          #expect(contents.lostClicks <= UInt64(max(0, lost)), "word \(index)")
          if lost > 0 {
            #expect(!contents.damages.isEmpty, "word \(index)")
            #expect(contents.lostClicks > 0 || contents.mayHaveLostMore, "word \(index)")
            let offset = contents.damages.first.map { abs($0.offset - index * 8) } ?? .max
            #expect(offset < 24, "word \(index): \(contents.damages)")
          }
        }
      }
    }
  }

  @Test("Damaged in many places: never a click twice", arguments: 0..<20)
  func manyDamages(round: Int) throws {
    var random = SeededGenerator.forTest("manyDamages \(round)")
    let image = try #require(JournalImage.example(using: &random))
    for _ in 0..<150 {
      var words = image.words
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        let first = Int.random(in: 0..<words.count, using: &random)
        let end = min(words.count, first + pick([1, 1, 3, 40, 600], &random))
        let value: UInt64 = pick([0, .max, random.next()], &random)
        let from = Int.random(in: 0..<words.count, using: &random)
        for index in first..<end {
          words[index] =
            Bool.random(using: &random)
            ? value : image.words[(from + index - first) % image.words.count]
        }
      }
      if Bool.random(using: &random) {
        words.removeLast(.random(in: 0..<words.count, using: &random))
      }
      let contents = JournalContents(words)
      for known in Self.databases(image) {
        let found = image.recovered(contents, known: known)
        #expect(Self.isNothingTwice(image, found))
      }
    }
  }

  @Test("Hostile files with valid checksums are read to the end", arguments: 0..<10)
  func hostile(round: Int) throws {
    var random = SeededGenerator.forTest("hostile \(round)")
    for _ in 0..<300 {
      let geometry = JournalGeometry(
        rings: pick([1, 2, 256], &random),
        slots: 1 << Int.random(in: 6...24, using: &random),
        capacity: pick([16, 17, 1000, 1 << 24], &random),
        chunk: pick([1, 2, 1 << 20], &random))
      guard let geometry else { continue }
      let header = JournalHeader(
        geometry: geometry, id: JournalID(using: &random), database: JournalID(using: &random),
        key: pick([0, .max, random.next()], &random))
      var words = [UInt64](repeating: 0, count: .random(in: 0...12_000, using: &random))
      func write(_ index: Int, _ value: UInt64) {
        if words.indices.contains(index) { words[index] = value }
      }
      for copy in JournalGeometry.headerCopies {
        for (index, word) in header.encoded.enumerated() { write(copy + index, word) }
      }
      func any() -> UInt64 {
        pick([0, 1, .max, .max - 1, 1 << 63, 1 << 32, random.next()], &random)
      }
      for area in 0..<3 {
        let areaHeader = AreaHeader(
          sequence: max(1, any()), revision: any(),
          count: .random(in: 0...geometry.capacity, using: &random),
          covered: (0..<geometry.rings).map { _ in any() }, writtenAt: Int64(bitPattern: any()))
        let entries = (0..<Int.random(in: 0...20, using: &random)).map { _ in
          ClickBatch.Count(
            linkID: Int64(bitPattern: any()), clicks: Int64(bitPattern: any()))
        }
        areaHeader.write(entries, toArea: area, of: header, store: write)
        if Bool.random(using: &random) {
          areaHeader.writeDone(toArea: area, of: header, store: write)
        }
      }
      for ring in 0..<min(3, geometry.rings) {
        for _ in 0..<20 {
          let position = any()
          let slot = geometry.ring(ring) + 2 * Int(position % UInt64(geometry.slots))
          let link = any()
          write(slot, link)
          write(
            slot + 1,
            JournalCheck.tag(
              header.key, position: position, round: position / UInt64(geometry.slots), link: link))
        }
      }
      guard let contents = JournalContents(words) else {
        #expect(words.count < JournalHeader.words)
        continue
      }
      #expect(contents.header == header)
      var clicks = contents.clicks
      _ = RingHarvest(&clicks, covered: contents.covered, capacity: geometry.capacity)
      for batch in contents.batches {
        let sent = BatchChunks.chunks(of: batch, header).flatMap(\.0.counts)
        #expect(sent.count == batch.entries.count)
        #expect(sent.allSatisfy { $0.clicks > 0 })
      }
    }
  }

  @Test("Words of no meaning are no journal")
  func noise() {
    var random = SeededGenerator.forTest()
    for _ in 0..<500 {
      let words = (0..<Int.random(in: 0...3_000, using: &random)).map { _ in random.next() }
      #expect(JournalContents(words) == nil)
    }
    #expect(JournalContents([]) == nil)
    #expect(JournalContents(Array(repeating: 0, count: 20_000)) == nil)
  }
}
