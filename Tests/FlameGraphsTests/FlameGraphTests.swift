import FlameGraphs
import Profiles
import TestSupport
import Testing

@Suite("A flame graph merges stacks exactly")
struct FlameGraphTests {
  /// What the sums must be, worked out path by path.
  private static func slowSums(_ stacks: [NamedStack], reverse: Bool) -> [[[UInt8]]: Int64] {
    var sums: [[[UInt8]]: Int64] = [:]
    for stack in stacks where stack.value > 0 {
      var names = stack.names.map { name in
        name.isEmpty ? "?" : name
      }
      if reverse { names.reverse() }
      for length in 0...names.count {
        sums[names.prefix(length).map { Array($0.utf8) }, default: 0] += stack.value
      }
    }
    return sums
  }

  private static func sums(_ graph: FlameGraph) -> [[[UInt8]]: Int64] {
    var sums: [[[UInt8]]: Int64] = [:]
    var path: [[UInt8]] = []
    for position in 0...graph.frameCount {
      let frame = graph[position]
      if frame.depth > 0 {
        path.removeSubrange((frame.depth - 1)...)
        // A function without a name is told by its address, which the slow way does not know.
        path.append(Array((frame.name.hasPrefix("[0x") ? "?" : frame.name).utf8))
      }
      sums[path, default: 0] += frame.value
    }
    return sums
  }

  @Test("Every frame is as wide as an independent computation says", arguments: [false, true])
  func widths(reverse: Bool) {
    for seed in UInt64(1)...300 {
      var generator = SeededGenerator(seed: seed)
      let stacks = randomStacks(&generator)
      let graph = FlameGraph(profile: profile(stacks), reverse: reverse)
      let slow = Self.slowSums(stacks, reverse: reverse)
      let isExact = Self.sums(graph) == (slow.isEmpty ? [[]: 0] : slow)
      #expect(isExact, "seed \(seed)")
      #expect(graph.total == slow[[]] ?? 0, "seed \(seed)")
    }
  }

  @Test("Children lie within their parent, in the order of their names, and never overlap")
  func nesting() {
    for seed in UInt64(1)...300 {
      var generator = SeededGenerator(seed: seed)
      let graph = FlameGraph(profile: profile(randomStacks(&generator)), reverse: false)
      var open: [(frame: FlameGraph.Frame, used: Int64, last: [UInt8])] = []
      for position in 0...graph.frameCount {
        let frame = graph[position]
        open.removeSubrange(min(open.count, frame.depth)...)
        if let parent = open.last {
          #expect(frame.start >= parent.used, "seed \(seed)")
          #expect(
            frame.start + frame.value <= parent.frame.start + parent.frame.value, "seed \(seed)")
          #expect(parent.last.lexicographicallyPrecedes(frame.name.utf8), "seed \(seed)")
          open[open.count - 1].used = frame.start + frame.value
          open[open.count - 1].last = Array(frame.name.utf8)
        }
        open.append((frame, frame.start + frame.selfValue, []))
      }
    }
  }

  @Test("The order of samples, locations and functions changes no byte of the picture")
  func order() {
    for seed in UInt64(1)...40 {
      var generator = SeededGenerator(seed: seed)
      let stacks = randomStacks(&generator).filter { !$0.names.contains("") }
      let first = profile(stacks)
      let second = profile(stacks.shuffled(using: &generator))
      let isSame =
        FlameGraph(profile: first, reverse: false).svg(.init())
        == FlameGraph(profile: second, reverse: false).svg(.init())
      #expect(isSame, "seed \(seed)")
    }
    var shuffled = serverProfile(stacks: 200)
    let kept = shuffled
    var generator = SeededGenerator(seed: 3)
    shuffled.samples.shuffle(using: &generator)
    let isSame =
      FlameGraph(profile: kept, reverse: true).svg(.init())
      == FlameGraph(profile: shuffled, reverse: true).svg(.init())
    #expect(isSame)
  }

  @Test("Reversing twice gives the first graph, once the one merged from the leaf")
  func reversing() {
    for seed in UInt64(1)...100 {
      var generator = SeededGenerator(seed: seed)
      let content = profile(randomStacks(&generator))
      let graph = FlameGraph(profile: content, reverse: false)
      let reversed = FlameGraph(profile: content, reverse: true)
      let isReversed = Self.sums(graph.reversed()) == Self.sums(reversed)
      let isFirst = Self.sums(graph.reversed().reversed()) == Self.sums(graph)
      #expect(isReversed && isFirst, "seed \(seed)")
    }
  }

  @Test("Values and references from outside never trap")
  func hostile() {
    var content = profile([
      .init(names: ["a", "b"], value: .max), .init(names: ["a", "c"], value: .max),
      .init(names: ["a"], value: .min), .init(names: [], value: 5),
    ])
    content.samples.append(.init(locations: [99, -1, 0], values: [1]))
    content.samples.append(.init(locations: [0], values: []))
    content.locations[0].lines.append(.init(function: 77))
    content.locations[1].mapping = 12
    content.defaultSampleType = 9
    let graph = FlameGraph(profile: content, sampleType: -4, reverse: false)
    #expect(graph.total == .max)
    for position in 0...graph.frameCount { #expect(graph[position].value >= 0) }
    #expect(!graph.svg(.init(minWidth: .nan)).isEmpty)
    #expect(!graph.svg(.init(width: .min, minWidth: -.infinity)).isEmpty)
    #expect(!graph.reversed().svg(.init(width: .max)).isEmpty)
    let nothing = FlameGraph(profile: Profile(sampleTypes: []), reverse: true)
    #expect(nothing.total == 0 && nothing.frameCount == 0 && nothing.depth == 0)
  }
}

@Suite("A frame has the name and kind of what ran")
struct FrameTests {
  private func frames(_ profile: Profile) -> [FlameGraph.Frame] {
    let graph = FlameGraph(profile: profile, reverse: false)
    return graph.frameCount == 0 ? [] : (1...graph.frameCount).map { graph[$0] }
  }

  @Test(
    "The mangling tells the language",
    arguments: [
      ("$s4main3fooyyF", FrameKind.swift), ("_T0s5print", .swift), ("$S4main", .swift),
      ("_ZN3foo3barEv", .cxx), ("_ZN3foo3bar17h0123456789abcdefE", .rust),
      ("_ZN3foo3bar17h0123456789abcdefE.llvm.42", .rust), ("_ZN3foo3bar17h0123456789abcdeE", .cxx),
      ("_RNvCsabc_4main3foo", .rust), ("_Restore", .c), ("malloc", .c), ("_start", .c),
    ])
  func languages(symbol: String, kind: FrameKind) {
    var content = profile([.init(names: ["name"], value: 1)])
    content.functions[0].systemName = symbol
    #expect(frames(content).map(\.kind) == [kind])
    content.mappings = [.init(fileName: "[kernel.kallsyms]")]
    content.locations[0].mapping = 0
    #expect(frames(content).map(\.kind) == [.kernel])
  }

  @Test("What has no symbol is told by module and offset")
  func unresolved() {
    var content = profile([.init(names: ["a"], value: 1)])
    content.mappings = [
      .init(start: 0x5000, limit: 0x9000, fileOffset: 0x200, fileName: "/usr/lib/libx.so.1")
    ]
    content.locations[0] = .init(mapping: 0, address: 0x5034, lines: [])
    #expect(frames(content).map(\.name) == ["[libx.so.1+0x234]"])
    #expect(frames(content).map(\.kind) == [.unresolved])
    content.locations[0].mapping = nil
    #expect(frames(content).map(\.name) == ["[0x5034]"])
  }

  @Test("Inlined calls are frames of their own, and one with calls that were not")
  func inlined() {
    var content = profile([
      .init(names: ["outer", "inner"], value: 2), .init(names: ["outer"], value: 3),
      .init(names: ["other"], value: 1),
    ])
    // The stack of one location now says `inner` was inlined into `outer`.
    content.locations[0].lines = [.init(function: 1), .init(function: 0)]
    content.samples[0].locations = [1, 0]
    content.samples[0].values = [2]
    let found = frames(content)
    #expect(found.map(\.name) == ["other", "outer", "inner", "inner"])
    #expect(found.map(\.isInlined) == [false, false, true, false])
    #expect(found.map(\.value) == [1, 5, 5, 2])
  }

  @Test("Widths come from the default type, counts from the one named samples")
  func types() {
    let graph = FlameGraph(profile: serverProfile(stacks: 50), reverse: false)
    #expect(graph.sampleType.type == "cpu")
    #expect(graph.total == graph.totalCount * 10_101_010)
    let counts = FlameGraph(profile: serverProfile(stacks: 50), sampleType: 0, reverse: false)
    #expect(counts.total == graph.totalCount)
  }
}
