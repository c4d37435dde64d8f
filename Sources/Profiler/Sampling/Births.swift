internal import LinuxSystem

/// Which threads need no events of their own while those of others are being opened.
///
/// A thread inherits the events that its parent has at its birth. Those of a parent whose own are
/// being opened at that moment may be some of them: such a thread is opened too, and what it then
/// has twice is sorted out by ``OwnerTable``.
struct Births {
  struct Birth: Equatable {
    let thread: ProcessID
    let parent: ProcessID
    let nanoseconds: UInt64
  }

  private var births: [ProcessID: Birth] = [:]

  mutating func note(_ birth: Birth) { births[birth.thread] = birth }

  /// Whether a thread was born with every event, given when those of others were complete.
  func isComplete(_ thread: ProcessID, opened: [ProcessID: UInt64]) -> Bool {
    var current = thread
    // Each step goes to an earlier birth; the bound is for records that contradict each other.
    for _ in 0...births.count {
      guard let birth = births[current] else { return false }
      if let complete = opened[birth.parent], complete < birth.nanoseconds { return true }
      if let above = births[birth.parent], above.nanoseconds > birth.nanoseconds { return false }
      current = birth.parent
    }
    return false
  }
}

/// Which of several events of one thread on one CPU counts: the first that was seen.
struct OwnerTable {
  private struct Place: Hashable {
    let thread: ProcessID
    let ring: Int
  }

  private var owners: [Place: UInt64] = [:]

  /// Whether a sample of `event` counts.
  mutating func counts(thread: ProcessID, ring: Int, event: UInt64) -> Bool {
    let place = Place(thread: thread, ring: ring)
    if let owner = owners[place] { return owner == event }
    owners[place] = event
    return true
  }

  /// A thread ended: its number may be another's from now on.
  mutating func forget(_ thread: ProcessID, rings: Int) {
    for ring in 0..<rings { owners[Place(thread: thread, ring: ring)] = nil }
  }
}
