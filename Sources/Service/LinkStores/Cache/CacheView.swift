internal import Synchronization

/// The reading side of a ``CacheTable``, whose memory has to outlive it. Any number of threads look
/// up, without a lock and without allocating, while one changes the table.
///
/// Readers are kept from believing half a change by a sequence number: it is odd during a change, and
/// who finds another one after reading than before reads again (a seqlock: Boehm, "Can seqlocks get
/// along with programming language memory models?", 2012). What a reader finds on the way may be
/// nonsense; ``CacheWords`` checks each index, and walks have an end.
///
/// Layout, in words. A bucket: hash bits 32…63 above, 1 + the entry's number below; open addressing
/// with linear probing, from the beginning of a cache line on: nearly always all that a probe needs is
/// in one. An entry (16): hash, id, version and flags, lengths and first overflow block,
/// queue links, frequency, then 80 bytes of code and destination, each padded to words. An overflow
/// block (8): the next block, then 56 bytes.
struct CacheView: Sendable {
  /// The sequence number, alone in its cache line.
  let control: CacheWords
  let buckets: CacheWords
  let entries: CacheWords
  let blocks: CacheWords
  let capacity: Int
  let blockCapacity: Int
  var mask: Int { buckets.count &- 1 }

  /// Where probing for a hash begins: the first bucket of a cache line.
  @inline(__always)
  func home(of hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & mask & ~7 }

  /// Looks a code up without a lock; nil if changes kept it from reading one state, many times over.
  func lookUp(
    _ code: UnsafeRawBufferPointer, hash: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) -> CachedTarget?? {
    var attempts = 0
    while attempts < 64 {
      attempts &+= 1
      let before = control.loadAcquiring(0)
      if before & 1 == 0 {
        let (found, entry) = read(code, hash: hash, into: buffer)
        atomicMemoryFence(ordering: .acquiring)
        if control[0] == before {
          if found != nil { touch(entry) }
          return .some(found)
        }
      }
    }
    return nil
  }

  /// Counts a use, up to three. Not worth a write more: what everybody asks for is only read.
  private func touch(_ entry: Int) {
    let place = entry &* CacheTable.entryWords &+ CacheTable.Field.frequency
    let frequency = entries[place]
    if frequency < 3 { entries[place] = frequency &+ 1 }
  }

  /// What the table says at this moment; means something only if it did not change meanwhile.
  func read(
    _ code: UnsafeRawBufferPointer, hash: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) -> (CachedTarget?, entry: Int) {
    guard let entry = find(code, hash: hash) else { return (nil, 0) }
    let base = entry &* CacheTable.entryWords
    let lengths = entries[base &+ CacheTable.Field.lengths]
    let length = Int(truncatingIfNeeded: lengths &>> 16 & 0xffff)
    let state = entries[base &+ CacheTable.Field.versionAndFlags]
    if length <= buffer.count {
      var reader = PayloadReader(self, entry: entry, lengths: lengths)
      reader.skip(words: (code.count &+ 7) &>> 3)
      reader.copy(bytes: length, into: buffer)
    }
    return (
      CachedTarget(
        id: Int64(bitPattern: entries[base &+ CacheTable.Field.id]), version: Int64(state &>> 2),
        isActive: state & 1 == 1, destinationLength: length), entry
    )
  }

  func find(_ code: UnsafeRawBufferPointer, hash: UInt64) -> Int? {
    var bucket = home(of: hash)
    for _ in 0...mask {
      let word = buckets[bucket]
      if word == 0 { return nil }
      if word &>> 32 == hash &>> 32 {
        let entry = Int(truncatingIfNeeded: word & 0xffff_ffff) &- 1
        guard entry >= 0, entry < capacity else { return nil }
        let base = entry &* CacheTable.entryWords
        let lengths = entries[base &+ CacheTable.Field.lengths]
        if entries[base &+ CacheTable.Field.hash] == hash, Int(lengths & 0xffff) == code.count {
          var reader = PayloadReader(self, entry: entry, lengths: lengths)
          if reader.matches(code) { return entry }
        }
      }
      bucket = (bucket &+ 1) & mask
    }
    return nil
  }
}

/// What a cached code leads to; the destination itself was copied to where the caller said.
public struct CachedTarget: Sendable, Hashable {
  public var id: Int64
  public var version: Int64
  public var isActive: Bool
  /// Bytes of the destination; more than the buffer had room for if it was not copied.
  public var destinationLength: Int
}

/// Walks over the payload of an entry: its own words, then its overflow blocks.
struct PayloadReader {
  private let table: CacheView
  private var next: Int
  private var end: Int
  private var block: Int
  private var isInline = true

  @inline(__always)
  init(_ table: CacheView, entry: Int, lengths: UInt64) {
    self.table = table
    next = entry &* CacheTable.entryWords &+ CacheTable.Field.payload
    end = next &+ CacheTable.inlineWords
    block = Int(truncatingIfNeeded: lengths &>> 32)
  }

  /// Zero beyond the end, which only somebody who reads during a change gets to.
  @inline(__always)
  mutating func word() -> UInt64 {
    if next == end {
      guard block < table.blockCapacity else { return 0 }
      next = block &* CacheTable.blockWords &+ 1
      end = next &+ CacheTable.blockWords &- 1
      block = Int(truncatingIfNeeded: table.blocks[next &- 1])
      isInline = false
    }
    defer { next &+= 1 }
    return isInline ? table.entries[next] : table.blocks[next]
  }

  @inline(__always)
  mutating func skip(words: Int) {
    for _ in 0..<words { _ = word() }
  }

  @inline(__always)
  mutating func matches(_ code: UnsafeRawBufferPointer) -> Bool {
    let words = code.count &>> 3
    for index in 0..<words where word() != wholeWord(code, index) { return false }
    return code.count & 7 == 0 || word() == partialWord(code, from: words &<< 3)
  }

  @inline(__always)
  mutating func copy(bytes count: Int, into buffer: UnsafeMutableRawBufferPointer) {
    var offset = 0
    while offset &+ 8 <= count {
      buffer.storeBytes(of: word().littleEndian, toByteOffset: offset, as: UInt64.self)
      offset &+= 8
    }
    guard offset < count else { return }
    var rest = word()
    while offset < count {
      buffer[offset] = UInt8(truncatingIfNeeded: rest)
      rest &>>= 8
      offset &+= 1
    }
  }
}
