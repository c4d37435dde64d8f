/// Tells what stands in the slots of a ring.
struct SlotReader {
  let key: UInt64
  let slots: Int
  /// Rounds are told from each other by 16 bits: the nearest to this position is meant.
  let covered: UInt64

  private var shift: UInt64 { UInt64(slots.trailingZeroBitCount) }

  /// Which click of the ring a slot holds, nil if it holds none that validates.
  func position(ofSlot index: Int, link: UInt64, tag: UInt64) -> UInt64? {
    let near = covered &>> shift
    let difference = Int16(truncatingIfNeeded: tag &- (near &+ 1))
    let round = near &+ UInt64(bitPattern: Int64(difference))
    // Beyond either end of the numbers.
    guard round &>> (64 &- shift) == 0 else { return nil }
    let position = round &<< shift | UInt64(index)
    let expected = JournalCheck.tag(key, position: position, round: round, link: link)
    return tag == expected ? position : nil
  }

  /// Whether a slot is the one that was being written, its link but not its tag: then it is the
  /// next of the ring, with a tag from the round before, or none.
  func isTorn(slot index: Int, link: UInt64, tag: UInt64, head: UInt64) -> Bool {
    guard Int(truncatingIfNeeded: head) & (slots - 1) == index else { return false }
    let round = head &>> shift
    if tag == 0 { return round == 0 }
    let here = JournalCheck.tag(key, position: head, round: round, link: link)
    // The checksum fits this click: not torn, but damaged in the bits below it.
    if tag &>> 16 == here &>> 16 { return false }
    return round > 0 && tag & 0xffff == round & 0xffff
  }

  /// Whether a slot whose click is damaged held one of the ring's last round, of which `head` is the
  /// first that does not validate: in its first round each slot with a tag does.
  func belongs(link: UInt64, tag: UInt64, slot index: Int, toRoundBehind head: UInt64) -> Bool {
    let isWrapped = index < Int(truncatingIfNeeded: head) & (slots - 1)
    let round = (head &>> shift) &+ (isWrapped ? 1 : 0)
    if tag == 0 || link == 0 { return false }
    if round == 0 { return true }
    let former = (round &- 1) &<< shift | UInt64(index)
    let before = JournalCheck.tag(key, position: former, round: round &- 1, link: link)
    // The checksum fits the click of the round before: only the number of the round is damaged.
    if tag &>> 16 == before &>> 16 { return false }
    return tag & 0xffff == (round &+ 1) & 0xffff
  }
}
