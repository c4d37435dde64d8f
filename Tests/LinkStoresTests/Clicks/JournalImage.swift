import Links
import TestSupport

@testable import LinkStores

/// A journal as a process that was killed leaves it, made word by word.
struct JournalImage {
  let header: JournalHeader
  var words: [UInt64]
  /// All clicks that were counted, by link.
  var truth: [Int64: Int64] = [:]
  /// Batches that were sent: whether the database has them is open.
  var sent: [ClickBatch] = []

  /// When batches are written.
  var writtenAt = AreaHeader.now()

  private var heads: [UInt64]
  private var table = ClickTable()
  private var sequence: UInt64 = 1
  private var revision: UInt64 = 0
  private var waitingArea: Int?
  private var settledArea: Int?
  /// What was written last, for stopping in the middle of it.
  private(set) var lastStores: [(index: Int, value: UInt64)] = []
  private(set) var wordsBefore: [UInt64] = []

  init(_ geometry: JournalGeometry, using random: inout SeededGenerator) {
    header = JournalHeader(
      geometry: geometry, id: JournalID(using: &random), database: JournalID(using: &random),
      key: random.next())
    words = Array(repeating: 0, count: geometry.words)
    heads = Array(repeating: 0, count: geometry.rings)
    for copy in JournalGeometry.headerCopies {
      words.replaceSubrange(copy..<copy + JournalHeader.words, with: header.encoded)
    }
  }

  mutating func count(_ link: Int64, ring: Int) {
    let slots = UInt64(header.geometry.slots)
    let word = UInt64(bitPattern: link)
    let slot = header.geometry.ring(ring) + 2 * Int(heads[ring] % slots)
    words[slot] = word
    words[slot + 1] = JournalCheck.tag(
      header.key, position: heads[ring], round: heads[ring] / slots, link: word)
    heads[ring] += 1
    truth[link, default: 0] += 1
    _ = table.add(link)
  }

  /// Writes the waiting batch, in the way that a running journal does.
  mutating func checkpoint() {
    revision += 1
    let area =
      (0..<JournalGeometry.areas).first { $0 != settledArea && $0 != waitingArea } ?? 0
    wordsBefore = words
    lastStores = []
    let entries = table.sorted
    AreaHeader(
      sequence: sequence, revision: revision, count: entries.count, covered: heads,
      writtenAt: writtenAt
    )
    .write(entries, toArea: area, of: header) { lastStores.append(($0, $1)) }
    for (index, value) in lastStores { words[index] = value }
    waitingArea = area
  }

  /// Ends the waiting batch and sends it.
  mutating func settle() {
    checkpoint()
    let entries = table.sorted
    let chunk = header.geometry.chunk
    for first in stride(from: 0, to: entries.count, by: chunk) {
      sent.append(
        ClickBatch(
          id: BatchChunks.id(header.id, sequence, first / chunk),
          counts: Array(entries[first..<min(entries.count, first + chunk)])))
    }
    settledArea = waitingArea
    waitingArea = nil
    sequence += 1
    revision = 0
    table = ClickTable()
  }

  /// What a database has in the end that had `known` batches when the recovery began.
  func recovered(_ contents: JournalContents?, known: [ClickBatch]) -> [Int64: Int64] {
    var clicks: [Int64: Int64] = [:]
    var ids: Set<String> = []
    func add(_ batch: ClickBatch) {
      guard ids.insert(batch.id).inserted else { return }
      for count in batch.counts { clicks[count.linkID, default: 0] &+= count.clicks }
    }
    for batch in known { add(batch) }
    guard let contents else { return clicks }
    for batch in contents.batches {
      for (chunk, _) in BatchChunks.chunks(of: batch, contents.header) { add(chunk) }
    }
    for click in contents.clicks.joined() { clicks[click.linkID, default: 0] += 1 }
    return clicks
  }

  /// One with batches in every state: done and overwritten, on its way, waiting in two revisions, and
  /// clicks in no batch, in rings that went round.
  static func example(using random: inout SeededGenerator) -> JournalImage? {
    guard let geometry = JournalGeometry(rings: 2, slots: 64, capacity: 20, chunk: 6) else {
      return nil
    }
    var image = JournalImage(geometry, using: &random)
    func click(_ clicks: Int) {
      for _ in 0..<clicks {
        image.count(.random(in: 1...20, using: &random), ring: .random(in: 0...1, using: &random))
      }
    }
    click(40)
    image.settle()
    click(30)
    image.checkpoint()
    click(30)
    image.settle()
    click(25)
    image.checkpoint()
    click(25)
    image.checkpoint()
    click(20)
    return image
  }
}

/// One of them.
func pick<Value>(_ values: [Value], _ random: inout SeededGenerator) -> Value {
  values[Int.random(in: values.indices, using: &random)]
}
