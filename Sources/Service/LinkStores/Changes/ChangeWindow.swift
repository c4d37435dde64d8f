/// From which second on changes have to be asked for, so that none is missed.
///
/// A change carries the second in which it was made, by the database's clock, and is seen when its
/// transaction has committed. A statement of Lynx is a transaction and ends within 5 s
/// (`statement_timeout`) or never commits; its connection waits 2 s more for the commit. So whatever
/// an answer did not have was made at most 7 s before it, and carries a second no earlier than the
/// earliest that the clock showed since then, also if it was set forward meanwhile. If it was set
/// back so far that this is in doubt, ``advance(to:at:)`` says so.
struct ChangeWindow {
  /// How long after a change it can be seen at the latest.
  static let latenessSeconds: Int64 = 7
  /// For clocks that are set back a little, as by a failover to another machine.
  static let marginSeconds: Int64 = 3
  /// The answers of the last seconds: when they were asked for, in seconds of CLOCK_MONOTONIC, and
  /// what the database's clock was.
  private var answers: [(second: Int64, clock: Int64)] = []

  /// What to ask for: nothing at first, since all there is may have changed before.
  var since: Int64 {
    guard let first = answers.first, let last = answers.last,
      let earliest = answers.lazy.map(\.clock).min()
    else { return .max }
    // The answers do not reach back that far soon after the beginning.
    let lacking = max(0, Self.latenessSeconds - (last.second - first.second))
    return earliest - Self.marginSeconds - lacking
  }

  /// Takes in an answer. False if changes may lie outside what was asked for.
  mutating func advance(to clock: Int64, at second: Int64) -> Bool {
    let asked = since
    let last = answers.last
    answers.append((second, clock))
    while answers.count > 1, answers[1].second < second - Self.latenessSeconds {
      answers.removeFirst()
    }
    guard let last else { return false }
    // Where the clock can have been when it was set back right behind the last answer.
    return clock - (second - last.second + 1) >= asked
  }

  /// Forgets what was seen, so that the next answer is a new beginning.
  mutating func restart() { answers = [] }
}
