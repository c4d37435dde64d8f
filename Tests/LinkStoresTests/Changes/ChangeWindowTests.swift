import TestSupport
import Testing

@testable import LinkStores

@Suite("No change falls between two windows")
struct ChangeWindowTests {
  /// A change: when it was made by the database's clock, and when it can be seen.
  private struct Change {
    let stamp: Int64
    let commit: Int64
  }

  @Test("commits up to 7 s late, a clock that is set back or forward, answers at any time")
  func generated() {
    var random = SeededGenerator.forTest()
    var (restarts, seen) = (0, 0)
    for _ in 0..<3_000 {
      var window = ChangeWindow()
      // In real seconds; the database's clock is `offset` ahead.
      var now: Int64 = 1_000
      var offset: Int64 = 0
      var unseen: [Change] = []
      let farthest = Int64([0, 2, 30].randomElement(using: &random) ?? 0)
      for step in 0..<80 {
        now += .random(in: 0...4, using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        // Once between two answers: what goes back and forth at once nobody can tell.
        case 0: offset += .random(in: -farthest...farthest, using: &random)
        case 1...5 where step > 0:
          unseen.append(
            Change(stamp: now + offset, commit: now + .random(in: 0...7, using: &random)))
          continue
        default: break
        }
        let since = window.since
        let visible = unseen.filter { $0.commit <= now }
        unseen.removeAll { $0.commit <= now }
        guard window.advance(to: now + offset, at: now) else {
          restarts += 1
          continue
        }
        let missed = visible.filter { $0.stamp < since }
        #expect(missed.isEmpty, "\(missed) before \(since)")
        seen += visible.count
      }
    }
    // Only the first answer of each is a beginning, but for clocks set far back.
    #expect(restarts > 3_000 && restarts < 30_000 && seen > 50_000, "\(restarts), \(seen)")
  }

  @Test("the window is no longer than it has to be")
  func length() {
    var window = ChangeWindow()
    #expect(window.since == .max)
    let isFollowing = window.advance(to: 100, at: 10)
    #expect(!isFollowing)
    #expect(window.since == 90)
    for second in Int64(11)...60 {
      let isFollowing = window.advance(to: 90 + second, at: second)
      #expect(isFollowing)
      #expect(window.since >= 90 + second - 11)
    }
    window.restart()
    #expect(window.since == .max)
    let isFollowingAgain = window.advance(to: 5_000, at: 61)
    #expect(!isFollowingAgain)
  }
}
