import Foundation
import Profiles
import TestSupport
import Testing

@testable import FlameGraphs

/// Two profiles by the stacks of each.
func comparison(
  _ new: [NamedStack], _ base: [NamedStack], normalized: Bool = false
) throws -> ProfileComparison {
  try ProfileComparison(
    new: CountedProfile(profile(new)), base: CountedProfile(profile(base)),
    isNormalized: normalized)
}

/// Random stacks with samples.
func seenStacks(_ generator: inout SeededGenerator) -> [NamedStack] {
  let stacks = randomStacks(&generator).filter { $0.value > 0 && !$0.names.contains("") }
  return stacks + [NamedStack(names: ["main"], value: 1)]
}

/// The same stacks as often as they are seen when sampled again.
func resampled(
  _ stacks: [NamedStack], count: Int, _ generator: inout SeededGenerator
) -> [NamedStack] {
  let total = stacks.reduce(0) { $0 + $1.value }
  var drawn = stacks.map { NamedStack(names: $0.names, value: 0) }
  var bounds: [Int64] = []
  for stack in stacks { bounds.append((bounds.last ?? 0) + stack.value) }
  for _ in 0..<count {
    let place = Int64.random(in: 0..<total, using: &generator)
    drawn[bounds.firstIndex { place < $0 } ?? 0].value += 1
  }
  return drawn.filter { $0.value > 0 }
}

@Suite("A graph of two profiles tells what each has of every frame")
struct DifferenceTests {
  private typealias Path = [[UInt8]]

  /// Sums by path, worked out stack by stack; the stacks' own too.
  private static func slowSums(
    _ stacks: [NamedStack], reverse: Bool
  ) -> (whole: [Path: Int64], own: [Path: Int64]) {
    var whole: [Path: Int64] = [:]
    var own: [Path: Int64] = [:]
    for stack in stacks {
      let names = (reverse ? stack.names.reversed() : stack.names).map { Array($0.utf8) }
      for length in 0...names.count {
        whole[Array(names.prefix(length)), default: 0] += stack.value
      }
      own[names, default: 0] += stack.value
    }
    return (whole, own)
  }

  private static func changes(_ graph: FlameGraph) -> [Path: FlameGraph.FrameChange] {
    var changes: [Path: FlameGraph.FrameChange] = [:]
    var path: Path = []
    for position in 0...graph.frameCount {
      let frame = graph[position]
      if frame.depth > 0 {
        path.removeSubrange((frame.depth - 1)...)
        path.append(Array(frame.name.utf8))
      }
      changes[path] = graph.change(at: position)
    }
    return changes
  }

  @Test("The numbers of each frame are those of each profile alone", arguments: [false, true])
  func numbers(reverse: Bool) throws {
    for seed in UInt64(1)...150 {
      var generator = SeededGenerator(seed: seed)
      let (new, base) = (seenStacks(&generator), seenStacks(&generator))
      let compared = try comparison(new, base, normalized: seed % 2 == 0)
      let graph = FlameGraph(comparison: compared, reverse: reverse)
      let found = Self.changes(graph)
      let (first, second) = (
        Self.slowSums(new, reverse: reverse), Self.slowSums(base, reverse: reverse)
      )
      #expect(Set(found.keys) == Set(first.whole.keys).union(second.whole.keys), "seed \(seed)")
      for (path, change) in found {
        #expect(change.new == first.whole[path] ?? 0, "seed \(seed)")
        #expect(change.base == second.whole[path] ?? 0, "seed \(seed)")
        #expect(change.newSelf == first.own[path] ?? 0, "seed \(seed)")
        #expect(change.baseSelf == second.own[path] ?? 0, "seed \(seed)")
        #expect(change.isOneSided == (change.new == 0), "seed \(seed)")
      }
      let turned = Self.changes(graph.reversed())
      let direct = Self.changes(FlameGraph(comparison: compared, reverse: !reverse))
      #expect(turned == direct, "seed \(seed)")
    }
  }

  @Test("Widths are the new profile's, and the base's where only it has a frame")
  func widths() throws {
    for seed in UInt64(1)...150 {
      var generator = SeededGenerator(seed: seed)
      let (new, base) = (seenStacks(&generator), seenStacks(&generator))
      let compared = try comparison(new, base, normalized: seed % 2 == 0)
      for widths in [FlameGraph.Side.new, .base] {
        let graph = FlameGraph(comparison: compared, widths: widths, reverse: seed % 3 == 0)
        let unit = compared.scale == 1 ? 1.0 : 1000
        var open: [(end: Int64, used: Int64)] = []
        for position in 0...graph.frameCount {
          let frame = graph[position]
          let change = try #require(graph.change(at: position))
          open.removeSubrange(min(open.count, frame.depth)...)
          if let parent = open.last {
            #expect(frame.start >= parent.used && frame.start + frame.value <= parent.end)
            open[open.count - 1].used = frame.start + frame.value
          }
          open.append((frame.start + frame.value, frame.start + frame.selfValue))
          let drawn = widths == .new ? change.newSelf : change.baseSelf
          let other =
            widths == .new
            ? Double(change.baseSelf) * compared.scale : Double(change.newSelf) / compared.scale
          let width = change.isOneSided ? other : Double(drawn)
          #expect(abs(Double(frame.selfValue) - width * unit) <= 0.5, "seed \(seed)")
        }
        // What only the other has is all that the total is wider by.
        let total = widths == .new ? compared.newTotal : compared.baseTotal
        let added = (0...graph.frameCount).reduce(Int64(0)) { sum, position in
          graph.change(at: position)?.isOneSided == true ? sum + graph[position].selfValue : sum
        }
        #expect(graph.total == total * Int64(unit) + added, "seed \(seed)")
      }
    }
  }

  @Test("A profile against itself is all grey, and no frame is of one side alone")
  func itself() throws {
    for seed in UInt64(1)...50 {
      var generator = SeededGenerator(seed: seed)
      let stacks = seenStacks(&generator)
      for normalized in [false, true] {
        let compared = try comparison(stacks, stacks, normalized: normalized)
        let graph = FlameGraph(comparison: compared, reverse: false)
        let alone = FlameGraph(profile: profile(stacks), reverse: false)
        #expect(graph.total == alone.total && graph.frameCount == alone.frameCount)
        for position in 0...graph.frameCount {
          let change = try #require(graph.change(at: position))
          #expect(change.direction == .noise && !change.isOneSided)
          #expect(change.new == change.base && change.newSelf == change.baseSelf)
          #expect(change.new == alone[position].value)
        }
        let drawn = ParsedPicture(graph.svg(.init(minWidth: 0)))
        #expect(drawn.boxes.dropFirst().allSatisfy { $0.style.hasPrefix("g0") })
        #expect(drawn.boxes.allSatisfy { $0.tooltip.contains("; +0.00%)") })
      }
    }
  }

  @Test("A against B, negated, says the same as B against A")
  func negated() throws {
    for seed in UInt64(1)...80 {
      var generator = SeededGenerator(seed: seed)
      let (first, second) = (seenStacks(&generator), seenStacks(&generator))
      for normalized in [false, true] {
        let turned = try comparison(second, first, normalized: normalized)
        // What the command does of `A --diff B --negate`: B is the new one, A's widths are drawn.
        let negated = FlameGraph(comparison: turned, widths: .base, reverse: false)
        let plain = FlameGraph(comparison: turned, reverse: false)
        func sayings(_ graph: FlameGraph) -> [String: String] {
          var sayings: [String: String] = [:]
          for box in ParsedPicture(graph.svg(.init(minWidth: 0))).boxes {
            let told = box.tooltip.split(separator: "\n").first.map(String.init) ?? ""
            let tone = box.style.split(separator: " ").first.map(String.init) ?? ""
            sayings["\(box.y) \(told)", default: ""] += tone
          }
          return sayings
        }
        #expect(
          Self.changes(negated).mapValues(\.direction) == Self.changes(plain).mapValues(\.direction)
        )
        #expect(sayings(negated) == sayings(plain), "seed \(seed)")
        // Against the picture that is not negated every colour is the other one.
        let there = FlameGraph(
          comparison: try comparison(first, second, normalized: normalized), reverse: false)
        for (path, change) in Self.changes(there) {
          let other = Self.changes(negated)[path]?.direction
          let opposite: FlameGraph.FrameChange.Direction =
            switch change.direction {
            case .more: .less
            case .less: .more
            case .noise: .noise
            }
          #expect(other == opposite, "seed \(seed)")
        }
      }
    }
  }

  @Test("A change that was made is coloured, and nothing that stayed as it was")
  func knownChange() throws {
    var generator = SeededGenerator.forTest()
    var stacks = (0..<60).map { index in
      NamedStack(names: ["main", "turn", "f\(index)"], value: 50 + Int64(index))
    }
    stacks.append(.init(names: ["main", "turn", "hot"], value: 500))
    var changed = stacks
    changed[60].value = 1500
    let base = resampled(stacks, count: 6000, &generator)
    let new = resampled(changed, count: 8000, &generator)
    let graph = FlameGraph(
      comparison: try comparison(new, base, normalized: true), reverse: false)
    let hot = try #require((0...graph.frameCount).first { graph[$0].name == "hot" })
    #expect(graph.change(at: hot)?.direction == .more)
    // Callers do not inherit the colour.
    for position in 0...graph.frameCount where ["main", "turn"].contains(graph[position].name) {
      #expect(graph.change(at: position)?.direction == .noise)
    }
  }

  @Test("Of two samplings of one program hardly anything is coloured")
  func noChange() throws {
    var generator = SeededGenerator.forTest()
    let content = (0..<400).map { (index: Int) -> NamedStack in
      let calls: [String] = (0..<(index % 7)).map { "f\((index * 7 + $0) % 40)" }
      return NamedStack(names: ["main"] + calls, value: Int64(2000 / (index + 1) + 1))
    }
    var coloured = 0
    for round in 0..<60 {
      let new = resampled(content, count: 1500, &generator)
      let base = resampled(content, count: round % 2 == 0 ? 1500 : 4000, &generator)
      let graph = FlameGraph(
        comparison: try comparison(new, base, normalized: true), reverse: round % 3 == 0)
      let found = (1...graph.frameCount).contains { graph.change(at: $0)?.direction != .noise }
      if found { coloured += 1 }
    }
    // Stated is 1 %; seven of 60 would be more than five deviations above it.
    #expect(coloured < 7, "\(coloured) of 60 pictures")
  }

  @Test("The picture of hostile names is well-formed, and says who is drawn how")
  func hostile() throws {
    let names = PictureTests.hostileNames
    let new = names.enumerated().map { NamedStack(names: ["r", $1], value: Int64($0) + 1) }
    let base = names.reversed().enumerated().map {
      NamedStack(names: ["r", $1, "<gone>"], value: Int64($0) + 1)
    }
    for widths in [FlameGraph.Side.new, .base] {
      let graph = FlameGraph(
        comparison: try comparison(new, base, normalized: true), widths: widths, reverse: false)
      let drawn = ParsedPicture(graph.svg(.init(minWidth: 0)))
      #expect(drawn.error == nil)
      #expect(drawn.boxes.count == graph.frameCount + 1)
      _ = try JSONSerialization.jsonObject(with: Data(drawn.metadata.utf8))
      #expect(drawn.texts.contains("itself more than in the base"))
      #expect(drawn.texts.contains(widths == .new ? "only in the base" : "only in the new"))
      let gone = drawn.boxes.filter { $0.tooltip.hasPrefix("<gone>") }
      #expect(gone.count == names.count)
      #expect(gone.allSatisfy { $0.style.split(separator: " ").contains("v") == (widths == .new) })
    }
    var huge = [NamedStack(names: ["a"], value: .max), .init(names: ["b"], value: .max)]
    let compared = try comparison(huge, [.init(names: ["c"], value: 1)], normalized: true)
    #expect(!FlameGraph(comparison: compared, reverse: true).svg(.init()).isEmpty)
    huge.removeLast()
    let raw = try comparison([.init(names: ["c"], value: 1)], huge)
    #expect(!FlameGraph(comparison: raw, widths: .base, reverse: false).svg(.init()).isEmpty)
  }

  @Test("A tooltip has both profiles' samples, the change, and what the colour is from")
  func tooltip() throws {
    let graph = FlameGraph(
      comparison: try comparison(
        [.init(names: ["main", "hot"], value: 600), .init(names: ["main"], value: 400)],
        [.init(names: ["main", "hot"], value: 300), .init(names: ["main", "gone"], value: 200)],
        normalized: true), reverse: false)
    let tooltips = ParsedPicture(graph.svg(.init())).boxes.map(\.tooltip)
    #expect(
      tooltips == [
        "all (new 1,000 samples, 100.00%; base 500 samples, 100.00%; +0.00%)",
        """
        main (new 1,000 samples, 100.00%; base 500 samples, 100.00%; +0.00%)
        itself: new 400, base 0; +40.00%, beyond noise
        """,
        """
        gone (new 0 samples, 0.00%; base 200 samples, 40.00%; -40.00%)
        itself: new 0, base 200; -40.00%, beyond noise
        """,
        """
        hot (new 600 samples, 60.00%; base 300 samples, 60.00%; +0.00%)
        itself: new 600, base 300; +0.00%, within noise
        """,
      ])
  }

  @Test("A label can be read on every colour of a change")
  func contrast() {
    func luminance(_ rgb: [UInt8]) -> Double {
      zip(rgb, [0.2126, 0.7152, 0.0722]).map { channel, weight in
        let value = Double(channel) / 255
        return weight * (value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4))
      }.reduce(0, +)
    }
    for tone in Tone.all {
      let (light, dark) = (luminance(tone.colour.rgb), luminance(tone.darkColour.rgb))
      #expect((light + 0.05) / (luminance([0x16, 0x17, 0x1a]) + 0.05) >= 7)
      #expect((luminance([0xf5, 0xf6, 0xf8]) + 0.05) / (dark + 0.05) >= 4.5)
    }
  }
}
