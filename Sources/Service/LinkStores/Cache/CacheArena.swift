internal import Glibc
internal import LinuxSystem
internal import Synchronization

/// Words that any thread may read while one writes; somebody else owns the memory.
///
/// Unsafe code. The invariant: every access is one atomic load or store of an aligned word below
/// ``count`` (which is checked), so that a racing read sees an old or a new word and never anything
/// else; which words belong together is what ``CacheView``'s sequence number tells. Copies are plain
/// values: a lookup counts no references, which event loops would otherwise write to in turn.
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

  @inline(__always)
  private func place(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
    return base + index
  }
}

/// Owns zeroed words.
struct CacheArena: ~Copyable, Sendable {
  /// Valid as long as the arena lives.
  let words: CacheWords
  private let address: UInt

  /// The memory is resident only where it was written.
  init(words count: Int) throws(SystemCallError) {
    let count = max(count, 1)
    let memory = mmap(nil, count * 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else {
      throw SystemCallError(call: "mmap", code: errno, subject: "\(count * 8) bytes for the cache")
    }
    // Large pages spare most lookups a miss of the address translation.
    _ = madvise(memory, count * 8, MADV_HUGEPAGE)
    words = CacheWords(
      base: memory.bindMemory(to: Atomic<UInt64>.self, capacity: count), count: count)
    address = UInt(bitPattern: memory)
  }

  deinit {
    munmap(UnsafeMutableRawPointer(bitPattern: address), words.count * 8)
  }
}
