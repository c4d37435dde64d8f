internal import Links
internal import LinuxSystem
internal import Synchronization

/// A journal while it is in use: its rings, what is behind its lock, and the thread that drains.
final class JournalCore: Sendable {
  let header: JournalHeader
  let path: String
  let rings: [ClickRing]
  private let memory: JournalMemory
  private let state: Mutex<JournalState?>
  private let wake: WakeUp

  /// Makes the file.
  init(
    directory: String, header: JournalHeader, memoryLinks: Int
  ) throws(SystemCallError) {
    wake = try WakeUp()
    let (memory, path) = try JournalFile.create(in: directory, header)
    self.memory = memory
    self.path = path
    self.header = header
    let rings = (0..<header.geometry.rings).map { ClickRing(memory, header, ring: $0) }
    self.rings = rings
    state = Mutex(JournalState(memory, header, rings: rings, memoryLinks: memoryLinks))
  }

  /// Drains every `milliseconds`, or when it is woken, until the journal is closed; false if there is
  /// no thread to be had.
  func startDraining(everyMilliseconds milliseconds: Int32) -> Bool {
    WorkerThread.start { [self] in
      while with({ $0.tend() }) != nil {
        _ = waitForReadable([wake.descriptor], timeoutMilliseconds: milliseconds)
        wake.clear()
      }
    }
  }

  /// Does something under the lock; nil if the journal is closed.
  func with<Result>(_ body: (inout JournalState) -> sending Result) -> sending Result? {
    state.withLock { state in
      guard var current = state.take() else { return nil }
      let result = body(&current)
      state = consume current
      return result
    }
  }

  /// Counts a click for whose slot there may be no room: once in a quarter of a ring.
  func pushWithRoom(_ ring: ClickRing, _ link: Int64) {
    let room = ring.refill()
    if room < ring.slots / 2 {
      // The draining thread is late.
      wake.signal()
      if room == 0 {
        // Later than a whole ring. Its work is done here: slower than counting, but no click is lost.
        guard with({ $0.drainAndMakeRoom() }) != nil else { return }
        _ = ring.refill()
      }
    }
    let hasRoom = ring.push(link)
    assert(hasRoom)
  }

  /// Returns when the batch on its way is on the disk, as far as that can be had: so that after a
  /// power failure no click of it is taken for a new one.
  func synchronize(_ batch: JournalState.OnItsWay) throws(SystemCallError) {
    let geometry = header.geometry
    let entries = geometry.entries(ofArea: batch.area)
    try memory.synchronize(
      from: entries, words: batch.entries.count * JournalGeometry.entryWords)
    for start in geometry.headers(ofArea: batch.area) {
      try memory.synchronize(from: start, words: JournalGeometry.pageWords)
    }
  }

  /// Ends the use of the journal. The file is removed if nothing is left in it, else whoever comes
  /// next recovers it; what is left.
  func close() throws(SystemCallError) -> Int64 {
    guard var last = state.withLock({ $0.take() }) else { return 0 }
    wake.signal()
    last.drain()
    let pending = last.pendingClicks
    if pending == 0 { try JournalFile.remove(path) }
    memory.unlock()
    return pending
  }

  /// Leaves the file as a kill would.
  func abandon() {
    if state.withLock({ $0.take() }) != nil { memory.unlock() }
    wake.signal()
  }
}

extension JournalState {
  fileprivate mutating func tend() {
    drain()
    if needsRoom { makeRoom() }
  }

  mutating func drainAndMakeRoom() {
    drain()
    makeRoom()
  }
}
