public import Profiles

extension FlameGraph {
  /// Merges the stacks of a profile.
  ///
  /// Values that are not positive are ignored, as are references that lead nowhere; sums stop at
  /// `Int64.max`. Takes one sort of the stacks and one pass over their frames.
  ///
  /// - Parameters:
  ///   - sampleType: the index in `profile.sampleTypes` of what widths show; the profile's
  ///     default if nil or out of range.
  ///   - reverse: merge from the leaf instead of from the root.
  public init(profile: Profile, sampleType: Int? = nil, reverse: Bool) {
    let types = profile.sampleTypes
    let measured =
      [sampleType, profile.defaultSampleType, 0].lazy.compactMap { $0 }.first {
        types.indices.contains($0)
      }
    let counted = types.firstIndex { $0.type == "samples" && $0.unit == "count" }
    let stacks = Stacks(profile, measured: measured, counted: counted, reverse: reverse)
    self.init(
      stacks: stacks, symbols: stacks.symbols,
      sampleType: measured.map { types[$0] } ?? .init(type: "samples", unit: "count"),
      countsSamples: counted != nil, isReversed: reverse,
      functions: profile.functions, mappings: profile.mappings)
  }

  /// The same stacks merged from their other end.
  public func reversed() -> FlameGraph {
    FlameGraph(
      stacks: Stacks(reversing: self), symbols: Array(symbols.dropLast()), sampleType: sampleType,
      countsSamples: countsSamples, isReversed: !isReversed,
      functions: functions, mappings: mappings, comparison: difference?.comparison)
  }

  init(
    stacks: Stacks, symbols: [Symbol], sampleType: Profile.ValueType, countsSamples: Bool,
    isReversed: Bool, functions: [Profile.Function], mappings: [Profile.Mapping],
    comparison: Difference.Comparison? = nil
  ) {
    var nodes = stacks.merged(rootSymbol: UInt32(truncatingIfNeeded: symbols.count))
    difference = comparison.map { Difference($0, &nodes, isReversed: isReversed) }
    self.nodes = nodes
    self.symbols = symbols + [Symbol(name: Array("all".utf8), kind: .c, places: [])]
    total = nodes[0].value
    totalCount = nodes[0].count
    depth = Int(nodes.lazy.map(\.depth).max() ?? 0)
    self.sampleType = sampleType
    self.countsSamples = countsSamples
    self.isReversed = isReversed
    self.functions = functions
    self.mappings = mappings
  }
}

/// Weighted paths of calls, one after the other in one array.
struct Stacks {
  private typealias Call = SymbolTable.Call

  private(set) var symbols: [FlameGraph.Symbol] = []
  private var calls: [Call] = []
  private var stacks: [Stack] = []

  private struct Stack {
    var calls: Range<Int>
    var value: Int64
    var count: Int64
  }

  /// - Parameter comparing: the values and counts are those of two profiles, and functions of one
  ///   name are one.
  init(
    _ profile: Profile, measured: Int?, counted: Int?, reverse: Bool, comparing: Bool = false
  ) {
    guard let measured else { return }
    let samples = profile.samples.filter { sample in
      comparing || sample.values.dropFirst(measured).first ?? 0 > 0
    }
    var isUsed = [Bool](repeating: false, count: profile.locations.count)
    for sample in samples {
      for location in sample.locations where isUsed.indices.contains(location) {
        isUsed[location] = true
      }
    }
    let table = SymbolTable(profile, isUsed: isUsed, tellsKinds: !comparing)
    symbols = table.symbols
    stacks.reserveCapacity(samples.count)
    calls.reserveCapacity(samples.count * 32)
    for sample in samples {
      let start = calls.count
      for location in sample.locations.reversed() where isUsed.indices.contains(location) {
        calls.append(contentsOf: table.calls(ofLocation: location))
      }
      if reverse { calls[start...].reverse() }
      let value = sample.values[measured]
      let count = counted.flatMap { sample.values.dropFirst($0).first } ?? value
      stacks.append(
        Stack(calls: start..<calls.count, value: value, count: max(0, count)))
    }
  }

  init(reversing graph: FlameGraph) {
    var path: [Call] = []
    for (index, node) in graph.nodes.enumerated() {
      let depth = Int(node.depth)
      if depth > 0 {
        path.removeSubrange((depth - 1)...)
        path.append(Call(symbol: node.symbol, isInlined: node.isInlined))
      }
      let (value, count) =
        graph.difference.map { ($0.own[index].new, $0.own[index].base) }
        ?? (node.selfValue, node.selfCount)
      guard value > 0 || graph.difference != nil && count > 0 else { continue }
      let start = calls.count
      calls.append(contentsOf: path.reversed())
      stacks.append(
        Stack(calls: start..<calls.count, value: value, count: count))
    }
  }

  /// The tree in preorder: the sorted stacks, each compared with the one before it.
  func merged(rootSymbol: UInt32) -> [FlameGraph.Node] {
    var nodes: [FlameGraph.Node] = []
    nodes.reserveCapacity(calls.count / 4 + 1)
    var open: [Int] = []
    var offset: Int64 = 0
    var countOffset: Int64 = 0

    func begin(_ symbol: UInt32, isInlined: Bool) {
      let depth = Int32(truncatingIfNeeded: open.count)
      open.append(nodes.count)
      nodes.append(
        FlameGraph.Node(
          symbol: symbol, depth: depth, isInlined: isInlined, start: offset, end: offset,
          countStart: countOffset, countEnd: countOffset, selfValue: 0, selfCount: 0))
    }
    func end(downTo depth: Int) {
      while open.count > depth, let node = open.popLast() {
        nodes[node].end = offset
        nodes[node].countEnd = countOffset
      }
    }

    begin(rootSymbol, isInlined: false)
    var previous = 0..<0
    for index in stacks.indices.sorted(by: precedes) {
      let stack = stacks[index]
      let shared = sharedDepth(previous, stack.calls)
      end(downTo: shared + 1)
      for depth in 0..<shared where !calls[stack.calls.lowerBound + depth].isInlined {
        nodes[open[depth + 1]].isInlined = false
      }
      for call in calls[stack.calls.dropFirst(shared)] {
        begin(call.symbol, isInlined: call.isInlined)
      }
      let leaf = open[open.count - 1]
      let value = offset.addingSaturated(stack.value) - offset
      let count = countOffset.addingSaturated(stack.count) - countOffset
      nodes[leaf].selfValue += value
      nodes[leaf].selfCount += count
      offset += value
      countOffset += count
      previous = stack.calls
    }
    end(downTo: 0)
    return nodes
  }

  /// Callers before what they call, siblings by name.
  private func precedes(_ left: Int, _ right: Int) -> Bool {
    let (left, right) = (stacks[left].calls, stacks[right].calls)
    let shared = sharedDepth(left, right)
    if shared == left.count || shared == right.count { return left.count < right.count }
    return calls[left.lowerBound + shared].symbol < calls[right.lowerBound + shared].symbol
  }

  private func sharedDepth(_ left: Range<Int>, _ right: Range<Int>) -> Int {
    let limit = min(left.count, right.count)
    var depth = 0
    while depth < limit,
      calls[left.lowerBound + depth].symbol == calls[right.lowerBound + depth].symbol
    {
      depth += 1
    }
    return depth
  }
}
