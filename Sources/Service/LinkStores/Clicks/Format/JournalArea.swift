internal import Links
internal import LinuxSystem

/// The header of an area: which batch it holds, and up to where in each ring clicks are in this
/// batch or in ones before it.
///
/// Batches are numbered by ``sequence``; as clicks join a batch, it is written anew with the next
/// ``revision``. Nothing joins it once it has been sent. Of all headers the one with the highest
/// sequence and revision says which clicks of the rings are covered.
struct AreaHeader: Sendable, Hashable {
  var sequence: UInt64
  var revision: UInt64
  /// Entries of the batch.
  var count: Int
  var covered: [UInt64]
  /// In seconds since 1970.
  var writtenAt: Int64
  /// The database has the batch: it need not be sent again, even when its id was forgotten there.
  var isDone = false

  static let checkIndex = JournalGeometry.pageWords - 2
  static let doneIndex = JournalGeometry.pageWords - 1

  /// Is `self` what counts, of the two?
  func supersedes(_ other: AreaHeader) -> Bool {
    (sequence, revision) > (other.sequence, other.revision)
  }

  private var body: [UInt64] {
    [sequence, revision, UInt64(count), UInt64(bitPattern: writtenAt)] + covered
  }

  private func check(_ journal: JournalHeader) -> UInt64 {
    JournalCheck.fold(journal.key, body)
  }

  /// What stands on the header's last word once the batch is done.
  func doneMark(_ journal: JournalHeader) -> UInt64 {
    JournalCheck.fold(check(journal), [journal.key])
  }

  /// A header's page.
  init?(page: ArraySlice<UInt64>, of journal: JournalHeader) {
    let words = Array(page)
    let rings = journal.geometry.rings
    guard words.count == JournalGeometry.pageWords, words[0] > 0,
      let count = Int(exactly: words[2]), (0...journal.geometry.capacity).contains(count)
    else { return nil }
    sequence = words[0]
    revision = words[1]
    self.count = count
    writtenAt = Int64(bitPattern: words[3])
    covered = Array(words[4..<4 + rings])
    guard words[Self.checkIndex] == check(journal) else { return nil }
    isDone = words[Self.doneIndex] == doneMark(journal)
  }

  init(
    sequence: UInt64, revision: UInt64, count: Int, covered: [UInt64], writtenAt: Int64
  ) {
    self.sequence = sequence
    self.revision = revision
    self.count = count
    self.covered = covered
    self.writtenAt = writtenAt
  }

  /// The checksum of one entry, which fits no other place, batch or revision.
  func check(ofEntry index: Int, _ entry: ClickBatch.Count, _ journal: JournalHeader) -> UInt64 {
    JournalCheck.fold(
      journal.key,
      [
        sequence, revision, UInt64(index), UInt64(bitPattern: entry.linkID),
        UInt64(bitPattern: entry.clicks),
      ])
  }

  /// Writes a batch to an area that holds nothing which counts, by stores of single words. Their order
  /// is what makes a kill between any two of them harmless: the old headers are taken back before the
  /// first entry changes, and each new header becomes valid with its checksum, after the entries.
  func write(
    _ entries: [ClickBatch.Count], toArea area: Int, of journal: JournalHeader,
    store: (_ index: Int, _ value: UInt64) -> Void
  ) {
    let headers = journal.geometry.headers(ofArea: area)
    for header in headers { store(header + Self.checkIndex, 0) }
    var place = journal.geometry.entries(ofArea: area)
    for (index, entry) in entries.enumerated() {
      store(place, UInt64(bitPattern: entry.linkID))
      store(place + 1, UInt64(bitPattern: entry.clicks))
      store(place + 2, check(ofEntry: index, entry, journal))
      place += JournalGeometry.entryWords
    }
    for header in headers {
      store(header + Self.doneIndex, 0)
      for (index, word) in body.enumerated() { store(header + index, word) }
      store(header + Self.checkIndex, check(journal))
    }
  }

  /// Marks the batch in an area as one that the database has.
  func writeDone(
    toArea area: Int, of journal: JournalHeader, store: (_ index: Int, _ value: UInt64) -> Void
  ) {
    for header in journal.geometry.headers(ofArea: area) {
      store(header + Self.doneIndex, doneMark(journal))
    }
  }
}

extension AreaHeader {
  /// Seconds since 1970.
  static func now() -> Int64 { Int64(Clock.wallNanoseconds / 1_000_000_000) }
}
