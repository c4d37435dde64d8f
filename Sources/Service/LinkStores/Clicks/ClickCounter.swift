/// Counts the clicks of one event loop. Only that loop's thread may use it, and its journal has to be
/// open.
public final class ClickCounter: Sendable {
  private let ring: ClickRing
  private let core: JournalCore

  init(ring: ClickRing, core: JournalCore) {
    self.ring = ring
    self.core = core
  }

  /// Counts a click of a link, before its redirect is answered. Takes no lock, allocates nothing and
  /// calls nobody, unless half a ring (131 072 clicks) was not drained for as long: then it wakes the
  /// draining thread, and with a full ring does its work.
  @inline(__always)
  public func count(_ linkID: Int64) {
    if !ring.push(linkID) { core.pushWithRoom(ring, linkID) }
  }
}
