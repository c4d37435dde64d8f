/// Decides when what waits is sent, and how much of it goes together. Pure: it is told the time.
///
/// A statement costs about as much as ten of the codes in it, so that few large groups beat many small
/// ones. Callers come in step: those that were answered together ask again together, a little apart. So
/// a connection waits for its share of as many as there were lately, but only for the moment that
/// callers need to come back; one caller alone is never waited for. Where answers take their time, as
/// over a network, more groups follow without waiting for them.
///
/// Of lookups two groups are under way at once: while one is answered and comes back the server works on
/// the other, and neither side ever sleeps, which costs more than the work does.
struct PostgresGrouping {
  /// How it goes about that.
  struct Options: Sendable {
    /// The most that goes into one group.
    var limit = 256
    /// How many groups may be under way on one connection.
    var depth: Int
    /// How many of them need not wait for ``patienceNanoseconds``.
    var promptGroups: Int
    /// How long the first that waits does so for others.
    var gatherNanoseconds: UInt64
    /// How long the last group of a connection may be under way before another follows it.
    var patienceNanoseconds: UInt64

    /// Answered in some ten microseconds by a server nearby.
    static let lookups = Options(
      depth: 8, promptGroups: 2, gatherNanoseconds: 30_000, patienceNanoseconds: 300_000)
    /// Answered when the disk has them: the time between two commits is what gathers.
    static let creations = Options(
      depth: 2, promptGroups: 1, gatherNanoseconds: 100_000, patienceNanoseconds: 50_000_000)
  }

  enum Decision: Equatable {
    case send(count: Int)
    /// Nothing more to send at the moment; ask again then, or when something came or was answered.
    case wait(untilNanoseconds: UInt64)
  }

  let options: Options
  let connections: Int
  /// How many were waiting or under way at once lately.
  private var recentPeak = 0

  init(_ options: Options, connections: Int) {
    self.options = options
    self.connections = max(1, connections)
  }

  /// Whether a connection takes another group now; else when it will if nothing is answered.
  func accepts(
    groupsUnderWay: Int, lastSentNanoseconds: UInt64, now: UInt64
  ) -> (Bool, untilNanoseconds: UInt64) {
    if groupsUnderWay < options.promptGroups { return (true, now) }
    guard groupsUnderWay < options.depth else { return (false, .max) }
    let end = lastSentNanoseconds &+ options.patienceNanoseconds
    return (now >= end, end)
  }

  /// For a connection that takes another group, `waiting` being at least one.
  mutating func decide(
    waiting: Int, underWay: Int, oldestNanoseconds: UInt64, now: UInt64
  ) -> Decision {
    recentPeak = max(recentPeak, waiting + underWay)
    let shares = connections * options.promptGroups
    let share = min(options.limit, (recentPeak + shares - 1) / shares)
    let end = oldestNanoseconds &+ options.gatherNanoseconds
    guard waiting >= share || now >= end else { return .wait(untilNanoseconds: end) }
    // Forgets a peak within some ten groups.
    recentPeak = max(waiting + underWay, recentPeak - (recentPeak + 7) / 8)
    return .send(count: min(waiting, max(share, 1)))
  }
}
