/// Work of one kind that was not sent yet, oldest first, and how it is grouped.
struct WaitingWork<Item> {
  private var items: [(item: Item, arrivedNanoseconds: UInt64)] = []
  private var first = 0
  var grouping: PostgresGrouping

  init(_ options: PostgresGrouping.Options, connections: Int) {
    grouping = PostgresGrouping(options, connections: connections)
  }

  var count: Int { items.count - first }
  var isEmpty: Bool { first == items.count }
  var oldestNanoseconds: UInt64 { isEmpty ? .max : items[first].arrivedNanoseconds }

  mutating func append(_ item: Item, now: UInt64) { items.append((item, now)) }

  /// Puts back what was taken, before everything else. Complexity: O(waiting).
  mutating func putBack(_ taken: [Item], now: UInt64) {
    if taken.isEmpty { return }
    items.replaceSubrange(..<first, with: taken.map { ($0, now) })
    first = 0
  }

  /// The oldest `count`, or fewer if there are fewer. Amortised O(count).
  mutating func take(_ count: Int) -> [Item] {
    let end = min(items.count, first + max(0, count))
    let taken = items[first..<end].map(\.item)
    first = end
    if isEmpty {
      items.removeAll(keepingCapacity: true)
      first = 0
    } else if first > 1024, first * 2 > items.count {
      items.removeFirst(first)
      first = 0
    }
    return taken
  }

  /// Takes out what the condition holds for.
  mutating func take(where isWanted: (Item) -> Bool) -> [Item] {
    let all = items[first...]
    let taken = all.filter { isWanted($0.item) }.map(\.item)
    if !taken.isEmpty {
      items = all.filter { !isWanted($0.item) }
      first = 0
    }
    return taken
  }

  func forEach(_ body: (Item) -> Void) { for entry in items[first...] { body(entry.item) } }
}
