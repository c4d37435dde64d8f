internal import Links

/// Clicks by link.
///
/// Link ids are given by the database one after another: nobody chooses them so that they collide.
struct ClickTable: Sendable {
  private var links: [Int64] = []
  /// 0: the place is free.
  private var clicks: [Int64] = []
  private(set) var count = 0
  private(set) var total: Int64 = 0
  private var shift: UInt64 = 64

  init() { reserve(64) }

  private mutating func reserve(_ places: Int) {
    let (oldLinks, oldClicks) = (links, clicks)
    links = Array(repeating: 0, count: places)
    clicks = Array(repeating: 0, count: places)
    shift = UInt64(64 - places.trailingZeroBitCount)
    for (link, clicks) in zip(oldLinks, oldClicks) where clicks > 0 {
      let place = place(of: link)
      links[place] = link
      self.clicks[place] = clicks
    }
  }

  /// Where a link is or would be.
  @inline(__always)
  private func place(of link: Int64) -> Int {
    let hash = UInt64(bitPattern: link) &* 0x9e37_79b9_7f4a_7c15
    var place = Int(truncatingIfNeeded: hash &>> shift)
    while clicks[place] > 0, links[place] != link { place = (place &+ 1) & (clicks.count &- 1) }
    return place
  }

  /// Adds clicks, at least one; false if that would be a link too many.
  @inline(__always)
  mutating func add(_ link: Int64, _ more: Int64 = 1, limit: Int = .max) -> Bool {
    let place = place(of: link)
    if clicks[place] == 0 {
      if count >= limit { return false }
      links[place] = link
      count &+= 1
    }
    clicks[place] = clicks[place].addingClamped(more)
    total = total.addingClamped(more)
    if count &* 2 > clicks.count { reserve(clicks.count * 2) }
    return true
  }

  subscript(link: Int64) -> Int64 { clicks[place(of: link)] }

  /// By link.
  var sorted: [ClickBatch.Count] {
    var counts: [ClickBatch.Count] = []
    counts.reserveCapacity(count)
    for (link, clicks) in zip(links, clicks) where clicks > 0 {
      counts.append(ClickBatch.Count(linkID: link, clicks: clicks))
    }
    counts.sort { $0.linkID < $1.linkID }
    return counts
  }
}

extension Int64 {
  fileprivate func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
