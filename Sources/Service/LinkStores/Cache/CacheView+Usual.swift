internal import Synchronization

/// A code of up to 15 bytes as the two words it is kept in, zeros behind it.
struct UsualCode {
  let count: Int
  let first: UInt64
  /// 0 up to eight bytes.
  let second: UInt64

  /// Nil if the code is empty or longer.
  @inline(__always)
  init?(_ code: UnsafeRawBufferPointer) {
    guard 1...15 ~= code.count else { return nil }
    count = code.count
    if count < 8 {
      first = partialWord(code, from: 0)
      second = 0
    } else {
      first = wholeWord(code, 0)
      second = partialWord(code, from: 8)
    }
  }

  /// Words that it takes.
  var takesTwo: Bool {
    @inline(__always) get { count > 8 }
  }
}

// Looking up what is as nearly all of it is. What varies from link to link decides no branch here: one
// on memory that is still being fetched is mispredicted as often as not, and keeps the CPU from
// going on meanwhile, to the next lookup or to the second line of this entry.
//
// Unsafe code. The invariant: `buffer` is written only below ``usualWords`` words, which it is checked
// to have; rows are checked to be there (``CacheRow``).
extension CacheView {
  /// The most words that a destination beside a usual code can have.
  static let usualWords = CacheTable.inlineWords - 1

  /// A link that is in the line where probing for it begins, all in its own words. Nil says nothing:
  /// the code may be unknown, kept elsewhere, or changing, or `buffer` has not ``usualWords``.
  @inline(__always)
  func lookUpUsual(
    _ code: UsualCode, hash: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) -> CachedTarget? {
    let before = control.loadAcquiring(0)
    guard before & 1 == 0, buffer.count >= 8 &* Self.usualWords,
      let line = buckets.row(home(of: hash) &>> 3, of: .line)
    else { return nil }
    // The number beside these hash bits, with zeros for them. Anything else is larger, but for an empty
    // bucket where the bits are 0: then 0.
    let bits = (hash &>> 32) &<< 32
    let number = min(
      min(min(line[0] ^ bits, line[1] ^ bits), min(line[2] ^ bits, line[3] ^ bits)),
      min(min(line[4] ^ bits, line[5] ^ bits), min(line[6] ^ bits, line[7] ^ bits)))
    guard let row = entries.row(Int(truncatingIfNeeded: number &- 1), of: .twoLines) else {
      return nil
    }
    let lengths = row[CacheTable.Field.lengths]
    let expected = UInt64(truncatingIfNeeded: code.count) | CacheTable.none &<< 32
    let second = code.takesTwo ? row[CacheTable.Field.payload &+ 1] ^ code.second : 0
    let difference =
      (row[CacheTable.Field.hash] ^ hash) | ((lengths ^ expected) & ~0xffff_0000)
      | (row[CacheTable.Field.payload] ^ code.first) | second
    guard difference == 0 else { return nil }
    if code.takesTwo {
      copy(row, from: CacheTable.Field.payload &+ 2, to: buffer)
    } else {
      copy(row, from: CacheTable.Field.payload &+ 1, to: buffer)
    }
    let state = row[CacheTable.Field.versionAndFlags]
    let found = CachedTarget(
      id: Int64(bitPattern: row[CacheTable.Field.id]), version: Int64(state &>> 2),
      isActive: state & 1 == 1,
      destinationLength: Int(truncatingIfNeeded: (lengths &>> 16) & 0xffff))
    atomicMemoryFence(ordering: .acquiring)
    guard control[0] == before else { return nil }
    let frequency = row[CacheTable.Field.frequency]
    if frequency < 3 { row[CacheTable.Field.frequency] = frequency &+ 1 }
    return found
  }

  /// Copies all that can be a destination.
  @inline(__always)
  private func copy(
    _ row: CacheRow, from start: Int, to buffer: UnsafeMutableRawBufferPointer
  ) {
    for word in start..<CacheTable.entryWords {
      buffer.storeBytes(
        of: row[word].littleEndian, toByteOffset: (word &- start) &<< 3, as: UInt64.self)
    }
  }
}
