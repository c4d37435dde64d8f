internal import Glibc
internal import LinuxSystem
internal import Synchronization

/// Words that any thread may read while one writes; somebody else owns the memory.
///
/// Unsafe code. The invariant: every access is one atomic load or store of an aligned word below
/// ``count``, so that a racing read sees an old or a new word and never anything else; which words
/// belong together is what ``CacheView``'s sequence number tells. Each index is checked, alone or, for
/// words next to each other, once for the ``CacheRow`` they are read through. Copies are plain values:
/// a lookup counts no references, which event loops would otherwise write to in turn.
struct CacheWords: @unchecked Sendable {
  private let base: UnsafeMutablePointer<Atomic<UInt64>>
  let count: Int

  fileprivate init(base: UnsafeMutablePointer<Atomic<UInt64>>, count: Int) {
    self.base = base
    self.count = count
  }

  subscript(index: Int) -> UInt64 {
    @inline(__always) get { place(index).pointee.load(ordering: .relaxed) }
    @inline(__always) nonmutating set { place(index).pointee.store(newValue, ordering: .relaxed) }
  }

  @inline(__always)
  func loadAcquiring(_ index: Int) -> UInt64 { place(index).pointee.load(ordering: .acquiring) }

  @inline(__always)
  func storeReleasing(_ index: Int, _ value: UInt64) {
    place(index).pointee.store(value, ordering: .releasing)
  }

  /// The `number`-th row of so many words; nil if there are not as many.
  @inline(__always)
  func row(_ number: Int, of words: CacheRow.Words) -> CacheRow? {
    guard UInt(bitPattern: number) < UInt(bitPattern: count) / UInt(words.rawValue) else {
      return nil
    }
    return CacheRow(base: base + number &* words.rawValue, mask: words.rawValue &- 1)
  }

  @inline(__always)
  private func place(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
    return base + index
  }
}

/// Words next to each other, known to be there.
///
/// Unsafe code. The invariant: ``mask`` + 1, a power of two, words lie behind `base`; the mask keeps
/// every index below that.
struct CacheRow {
  /// A cache line has 8 words.
  enum Words: Int {
    case line = 8
    case twoLines = 16
  }

  private let base: UnsafeMutablePointer<Atomic<UInt64>>
  private let mask: Int

  @inline(__always)
  fileprivate init(base: UnsafeMutablePointer<Atomic<UInt64>>, mask: Int) {
    self.base = base
    self.mask = mask
  }

  subscript(index: Int) -> UInt64 {
    @inline(__always) get { base[index & mask].load(ordering: .relaxed) }
    @inline(__always) nonmutating set { base[index & mask].store(newValue, ordering: .relaxed) }
  }
}

/// Owns zeroed words, handed out in pieces.
final class CacheArena: Sendable {
  private static let largePage = 2 << 20
  private let address: UInt
  private let mappedBytes: Int
  private let firstWord: Int
  private let count: Int
  private let taken = Mutex(0)

  /// The memory is resident only where it was written.
  init(words: Int) throws(SystemCallError) {
    let size = (max(words, 1) * 8 + 4095) / 4096 * 4096
    // One mapping that begins at the address of a large page: with those, most lookups are spared a
    // miss of the address translation. What is before it stays untouched.
    let slack = size >= Self.largePage ? Self.largePage : 0
    let memory = mmap(
      nil, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else {
      throw SystemCallError(call: "mmap", code: errno, subject: "\(size) bytes for the cache")
    }
    address = UInt(bitPattern: memory)
    mappedBytes = size + slack
    let misalignment = Int(address % UInt(Self.largePage))
    let offset = slack == 0 || misalignment == 0 ? 0 : Self.largePage - misalignment
    firstWord = offset / 8
    count = size / 8
    if slack > 0 { _ = madvise(memory + offset, size, MADV_HUGEPAGE) }
  }

  deinit {
    munmap(UnsafeMutableRawPointer(bitPattern: address), mappedBytes)
  }

  /// The next words, from the start of a cache line on; valid as long as the arena lives. What they
  /// come to, each piece rounded up to a line, may not exceed what the arena was made for.
  func take(words wanted: Int) -> CacheWords {
    let start = taken.withLock { taken in
      defer { taken += Self.roundedUp(wanted) }
      return taken
    }
    precondition(wanted >= 0 && start + wanted <= count)
    let first = address + UInt(8 * (firstWord + start))
    let words = UnsafeMutablePointer<Atomic<UInt64>>(bitPattern: first)
    guard let words else { preconditionFailure("a mapping at address zero") }
    return CacheWords(base: words, count: wanted)
  }

  static func roundedUp(_ words: Int) -> Int { (words + 15) / 16 * 16 }
}
