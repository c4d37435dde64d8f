internal import Glibc
internal import LinuxSystem
internal import Synchronization

/// A journal file as shared memory: what was stored there outlives the process, however it ends.
///
/// Unsafe code. The invariant: every access is one atomic load or store of an aligned word below
/// ``count``, which is checked; the file has been given all its blocks before, so that no store finds
/// the disk full, and nobody shortens it, since the lock on it is held as long as the mapping lives.
/// Stores become visible in their order (release), and so they are found after a kill.
final class JournalMemory: @unchecked Sendable {
  fileprivate let base: UnsafeMutablePointer<Atomic<UInt64>>
  let count: Int
  private let file: FileDescriptor

  /// Takes over the descriptor, whose lock is given back only with the memory.
  init(
    mapping file: consuming FileDescriptor, words: Int, path: String
  ) throws(SystemCallError) {
    let memory = mmap(nil, words * 8, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0)
    guard let memory, memory != MAP_FAILED else {
      throw SystemCallError(call: "mmap", code: errno, subject: path)
    }
    base = memory.bindMemory(to: Atomic<UInt64>.self, capacity: words)
    count = words
    self.file = file
  }

  deinit { munmap(base, count * 8) }

  func load(_ index: Int) -> UInt64 { place(index).pointee.load(ordering: .acquiring) }

  func store(_ index: Int, _ value: UInt64) {
    place(index).pointee.store(value, ordering: .releasing)
  }

  /// Returns when these words, which begin on a page, are on the disk.
  func synchronize(from start: Int, words: Int) throws(SystemCallError) {
    precondition(start >= 0 && words >= 0 && start + words <= count && start % 512 == 0)
    let address = UnsafeMutableRawPointer(base + start)
    try retryingSystemCall("msync") { msync(address, words * 8, MS_SYNC) }
  }

  /// Gives the file to whoever wants to recover it. Nothing may be stored any more.
  func unlock() { flock(file.number, LOCK_UN) }

  private func place(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
    return base + index
  }
}

/// A ring of clicks: one thread counts, under the journal's lock others read what it counted.
///
/// Unsafe code. The invariants: slots are reached by positions masked to the ring's size, which was
/// checked to lie within the memory, and the memory lives as long as the ring; ``head`` and `limit`
/// are written by the counting thread alone; a slot at or above ``tail`` + ``slots`` is never written.
final class ClickRing: @unchecked Sendable {
  private let memory: JournalMemory
  private let base: UnsafeMutablePointer<Atomic<UInt64>>
  /// What the counting thread writes, on cache lines of its own: the next position, and up to where
  /// it may go on without looking.
  private let own: UnsafeMutablePointer<Atomic<UInt64>>
  private let freed = Atomic<UInt64>(0)
  private let key: UInt64
  private let mask: UInt64
  private let shift: UInt64
  var slots: UInt64 { mask &+ 1 }

  init(_ memory: JournalMemory, _ header: JournalHeader, ring: Int) {
    let geometry = header.geometry
    let start = geometry.ring(ring)
    precondition(start + geometry.slots * JournalGeometry.slotWords <= memory.count)
    self.memory = memory
    base = memory.base + start
    key = header.key
    mask = UInt64(geometry.slots - 1)
    shift = UInt64(geometry.slots.trailingZeroBitCount)
    own = .allocate(capacity: 48)
    for index in 0..<48 { (own + index).initialize(to: Atomic(0)) }
  }

  deinit { own.deallocate() }

  private var position: UnsafeMutablePointer<Atomic<UInt64>> { own + 16 }
  private var limit: UnsafeMutablePointer<Atomic<UInt64>> { own + 17 }

  /// How many clicks were counted.
  var head: UInt64 { position.pointee.load(ordering: .acquiring) }

  /// Below it, slots may be written again.
  var tail: UInt64 {
    get { freed.load(ordering: .acquiring) }
    set { freed.store(newValue, ordering: .releasing) }
  }

  /// Counts a click if there is room without looking for it. Only the counting thread calls this.
  @inline(__always)
  func push(_ link: Int64) -> Bool {
    let position = position.pointee.load(ordering: .relaxed)
    if position == limit.pointee.load(ordering: .relaxed) { return false }
    let slot = base + Int(truncatingIfNeeded: (position & mask) &<< 1)
    let word = UInt64(bitPattern: link)
    let tag = JournalCheck.tag(key, position: position, round: position &>> shift, link: word)
    slot.pointee.store(word, ordering: .relaxed)
    // After the link: a slot whose tag fits is whole, also after a kill in between.
    (slot + 1).pointee.store(tag, ordering: .releasing)
    self.position.pointee.store(position &+ 1, ordering: .releasing)
    return true
  }

  /// Looks how much room there is, and lets the counting thread use at most a quarter of the ring
  /// before it looks again; how many slots are free. Only the counting thread calls this.
  func refill() -> UInt64 {
    let position = position.pointee.load(ordering: .relaxed)
    let room = slots &- (position &- tail)
    limit.pointee.store(position &+ min(room, slots / 4), ordering: .relaxed)
    return room
  }

  /// The link of a click that was counted; nil if its slot was damaged meanwhile.
  func link(at position: UInt64) -> Int64? {
    let slot = base + Int(truncatingIfNeeded: (position & mask) &<< 1)
    let word = slot.pointee.load(ordering: .relaxed)
    let tag = (slot + 1).pointee.load(ordering: .acquiring)
    let expected = JournalCheck.tag(key, position: position, round: position &>> shift, link: word)
    return tag == expected ? Int64(bitPattern: word) : nil
  }
}
