internal import Databases

/// Work of one kind: what was not sent yet, oldest first, and how much is under way on each connection.
final class GroupedWork<Item> {
  private(set) var grouping: PostgresGrouping
  private var waiting: [(item: Item, arrivedNanoseconds: UInt64)] = []
  private var first = 0
  private var loads: [Load]
  private var itemsUnderWay = 0
  /// How long answers take lately.
  private var answerNanoseconds: UInt64 = 0

  private struct Load {
    var groups = 0
    var lastSentNanoseconds: UInt64 = 0
  }

  /// - Parameters:
  ///   - connections: how many there are in all.
  ///   - share: how many of them are meant for this kind of work.
  init(_ options: PostgresGrouping.Options, connections: Int, share: Int) {
    grouping = PostgresGrouping(options, connections: share)
    loads = Array(repeating: Load(), count: connections)
  }

  var isEmpty: Bool { first == waiting.count }

  /// Whether answers may be there sooner than a thread that sleeps can be woken.
  func isAnswerNear(_ now: UInt64) -> Bool {
    itemsUnderWay > 0 && answerNanoseconds < Self.nearNanoseconds
      && loads.contains { $0.groups > 0 && now &- $0.lastSentNanoseconds < Self.nearNanoseconds }
  }

  private static var nearNanoseconds: UInt64 { 100_000 }

  func groupsUnderWay(onConnection index: Int) -> Int { loads[index].groups }

  func append(_ item: Item, now: UInt64) { waiting.append((item, now)) }

  /// The next group for a connection, with which it is under way until
  /// ``end(count:onConnection:sentNanoseconds:now:)``;
  /// nil if there is none now, which may change without anything happening at `untilNanoseconds`.
  func begin(
    onConnection index: Int, now: UInt64, untilNanoseconds: inout UInt64
  ) -> [Item]? {
    guard !isEmpty else { return nil }
    let load = loads[index]
    let (accepts, until) = grouping.accepts(
      groupsUnderWay: load.groups, lastSentNanoseconds: load.lastSentNanoseconds, now: now)
    guard accepts else {
      untilNanoseconds = min(untilNanoseconds, until)
      return nil
    }
    switch grouping.decide(
      waiting: waiting.count - first, underWay: itemsUnderWay,
      oldestNanoseconds: waiting[first].arrivedNanoseconds, now: now)
    {
    case .wait(let until):
      untilNanoseconds = min(untilNanoseconds, until)
      return nil
    case .send(let count):
      loads[index].groups += 1
      loads[index].lastSentNanoseconds = now
      let group = takeFirst(count)
      itemsUnderWay += group.count
      return group
    }
  }

  /// What of a group that just began has to wait for another; before everything else that waits.
  /// Complexity: O(waiting).
  func postpone(_ items: [Item], now: UInt64) {
    itemsUnderWay -= items.count
    putBack(items, now: now)
  }

  func end(count: Int, onConnection index: Int, sentNanoseconds: UInt64, now: UInt64) {
    loads[index].groups -= 1
    itemsUnderWay -= count
    answerNanoseconds = (7 * answerNanoseconds + min(now &- sentNanoseconds, 1 << 40)) / 8
  }

  /// Has what was sent in vain wait again.
  func putBack(_ items: [Item], now: UInt64) {
    if items.isEmpty { return }
    waiting.replaceSubrange(..<first, with: items.map { ($0, now) })
    first = 0
  }

  /// Takes out what waits and the condition holds for.
  func take(where isWanted: (Item) -> Bool) -> [Item] {
    let all = waiting[first...]
    let taken = all.filter { isWanted($0.item) }.map(\.item)
    if !taken.isEmpty {
      waiting = all.filter { !isWanted($0.item) }
      first = 0
    }
    return taken
  }

  /// The smallest `value` of what waits.
  func minimum(_ value: (Item) -> UInt64) -> UInt64 {
    waiting[first...].reduce(.max) { min($0, value($1.item)) }
  }

  /// Amortised O(count).
  private func takeFirst(_ count: Int) -> [Item] {
    let end = min(waiting.count, first + count)
    let taken = waiting[first..<end].map(\.item)
    first = end
    if isEmpty {
      waiting.removeAll(keepingCapacity: true)
      first = 0
    } else if first > 1024, first * 2 > waiting.count {
      waiting.removeFirst(first)
      first = 0
    }
    return taken
  }
}
