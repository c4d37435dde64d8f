internal import Synchronization

/// A plan as event loops use it: texts one behind the other, and what all loops count together.
final class PreparedPlan: Sendable {
  struct Kind: Sendable {
    let template: RequestTemplate
    let expectation: RequestPlan.Expectation
    let location: [UInt8]?
    /// Lists that a text is drawn from for each request, ascending.
    let picks: [Int]
  }

  /// What is looked at for every answer: no more than numbers, so that it costs no counting of references.
  struct Facts: Sendable {
    let isHead: Bool
    let server: Int
    let checksLocation: Bool
    /// Statuses that are right.
    let statuses: ClosedRange<Int>
    /// Whether others within it are not.
    let hasList: Bool

    init(_ kind: RequestPlan.Kind) {
      isHead = kind.template.isHead
      server = kind.server
      checksLocation = kind.expectation.location != nil
      let list = kind.expectation.statuses
      hasList = list.count > 1
      statuses = (list.min() ?? 200)...(list.max() ?? 399)
    }
  }

  /// The texts of a list.
  struct Texts: Sendable {
    let bytes: [UInt8]
    /// Where each begins; one more for the end.
    let offsets: [Int]
    let draw: RequestPlan.Draw

    init(_ list: RequestPlan.TextList) {
      var bytes: [UInt8] = []
      var offsets = [0]
      for text in list.texts {
        bytes += text.utf8
        offsets.append(bytes.count)
      }
      self.bytes = bytes
      self.offsets = offsets
      draw = list.draw
    }

    var count: Int { offsets.count - 1 }

    func range(_ index: Int) -> Range<Int> { offsets[index]..<offsets[index + 1] }
  }

  /// Counts that loops share, each in an object of its own.
  final class Counter: Sendable {
    private let value = Atomic(0)

    func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
  }

  let kinds: [Kind]
  let facts: ContiguousArray<Facts>
  let lists: [Texts]
  let turns: [Counter]
  let requestNumber = Counter()
  /// Kinds in the order they are sent, each as often as its weight; drawn from if shuffled.
  let order: [Int]
  let isShuffled: Bool
  /// The only request there is, if it never varies.
  let fixed: [UInt8]?

  /// At most so many places in ``order``, so that weights like a million cost no memory.
  private static let longestOrder = 10_000

  init(_ plan: RequestPlan) {
    kinds = plan.kinds.map { kind in
      let picks = (kind.template.head + kind.template.body).compactMap { part -> Int? in
        if case .pick(let list) = part { list } else { nil }
      }
      var location: [UInt8]?
      if case .exactly(let text)? = kind.expectation.location { location = Array(text.utf8) }
      return Kind(
        template: kind.template, expectation: kind.expectation, location: location,
        picks: Set(picks).sorted())
    }
    facts = ContiguousArray(plan.kinds.map(Facts.init))
    lists = plan.lists.map(Texts.init)
    turns = plan.lists.map { _ in Counter() }
    isShuffled = plan.isShuffled
    let total = plan.kinds.reduce(0) { $0 + Double($1.weight) }
    let scale = min(1, Double(Self.longestOrder) / max(1, total))
    order = plan.kinds.indices.flatMap { index in
      let weight = Double(plan.kinds[index].weight) * scale
      return repeatElement(index, count: max(1, Int(weight.rounded())))
    }
    fixed = plan.kinds.count == 1 ? plan.kinds.first?.template.fixed : nil
  }

  /// Whether an answer's status is one that was asked for.
  @inline(__always)
  func accepts(_ status: Int, _ facts: Facts, _ kind: Int) -> Bool {
    facts.statuses.contains(status)
      && (!facts.hasList || kinds[kind].expectation.statuses.contains(status))
  }

  /// Whether `Location` says what it should.
  func hasExpectedLocation(
    _ bytes: ResponseBytes, _ found: Range<Int>?, _ made: RequestMaker.Made
  ) -> Bool {
    guard let found else { return false }
    let kind = kinds[made.kind]
    switch kind.expectation.location {
    case nil: return true
    case .exactly:
      return (kind.location ?? []).withUnsafeBytes { bytes.equals($0, found) }
    case .listed(let list, _):
      let texts = lists[list]
      guard made.pick < texts.count else { return false }
      let range = texts.range(made.pick)
      return texts.bytes.withUnsafeBytes {
        bytes.equals(UnsafeRawBufferPointer(rebasing: $0[range]), found)
      }
    }
  }
}
