import LinuxSystem
import TestSupport
import Testing
import Unwinding

@testable import Modules

@Suite("Frames of running programs are those libunwind finds", .serialized)
struct SecondOpinionTests {
  static let swiftSource = """
    protocol Node { func total() -> Int }
    final class Leaf: Node { let value: Int; init(_ value: Int) { self.value = value }
      @inline(never) func total() -> Int { value } }
    final class Pair: Node { let left: any Node, right: any Node
      init(_ left: any Node, _ right: any Node) { self.left = left; self.right = right }
      @inline(never) func total() -> Int { left.total() &+ right.total() } }
    @inline(never) func build(_ depth: Int) -> any Node {
      depth == 0 ? Leaf(depth) : Pair(build(depth - 1), build(depth - 1)) }
    @inline(never) func words(_ count: Int) -> [String: Int] {
      var result: [String: Int] = [:]
      for number in 0..<count { result["word \\(number % 97)", default: 0] += 1 }
      return result }
    let clock = ContinuousClock()
    let start = clock.now
    var sum = 0
    while clock.now - start < .seconds(1.5) {
      sum &+= build(10).total()
      sum &+= words(2000).sorted { $0.key < $1.key }.first?.value ?? 0
      sum &+= await withTaskGroup(of: Int.self) { group in
        for number in 0..<4 { group.addTask { build(6 + number).total() } }
        return await group.reduce(0, &+)
      }
    }
    print(sum)
    """

  @Test(
    "at every frame of a second and a half at 997 Hz",
    arguments: [
      "g++ -O2 -g -fomit-frame-pointer {deep.cpp}", "g++ -O0 {deep.cpp}",
      "clang++ -O2 {deep.cpp}", "rustc -O {words.rs}", "swiftc -O main.swift",
      "swiftc -Onone main.swift", "gcc -O2 -pthread {shares.c}",
    ])
  func agrees(build: String) throws {
    let shop = try Workshop()
    _ = try shop.source("main.swift", Self.swiftSource)
    var line = build
    for name in ["shares.c", "deep.cpp", "words.rs"] {
      line = line.replacing("{\(name)}", with: "'\(Workshop.program(name))'")
    }
    try shop.run(line + " -o program")
    let live = try LiveSamples(of: [shop / "program", "1.5"])
    try #require(live.kept.count > 100)
    var count = Count()
    let evaluator = ExpressionEvaluator(store: live.store)
    var differing: [String] = []
    var unrooted: [String: Int] = [:]
    let ends = live.unwindAll { sample, places, end in
      // libunwind takes its time: every third sample is a thousand frames as well.
      count.samples += 1
      if end != .root {
        unrooted[
          "\(end): " + places.suffix(3).map { live.name($0) }.joined(separator: " < "), default: 0] +=
          1
      }
      if count.samples % 3 == 0 {
        Self.compare(sample, places, end, evaluator, live, &count, &differing)
      }
    }
    print(
      "\(build): \(count.agreeing) of \(count.frames) frames agree, libunwind stopped early "
        + "\(count.shorter) and went on \(count.longer) times, guessed otherwise "
        + "\(count.undescribed) times; \(ends)")
    for (name, number) in unrooted { print("  not rooted \(number) times: \(name)") }
    for text in differing.prefix(5) { print("  " + text) }
    #expect(count.frames > 100)
    #expect(count.agreeing * 1000 >= count.frames * 999, "\(differing.prefix(10))")
    #expect(ends.root * 1000 >= (ends.total - ends.truncated) * 990, "\(ends)")
  }

  struct Count {
    var samples = 0
    var frames = 0
    var agreeing = 0
    /// Frames nothing describes, where libunwind guesses by the frame pointer.
    var undescribed = 0
    /// libunwind had no answer where we had one; and the other way round.
    var shorter = 0
    var longer = 0
  }

  private static func compare(
    _ sample: LiveSamples.Kept, _ places: [CodeAddress], _ end: StackEnd,
    _ evaluator: ExpressionEvaluator, _ live: LiveSamples, _ count: inout Count,
    _ differing: inout [String]
  ) {
    var registers = sample.registers
    var space = sample.space
    for position in 1..<max(2, places.count + 1) {
      let outcome = sample.stack.withUnsafeBytes { bytes in
        evaluator.step(
          &registers, stack: StackCopy(base: sample.registers.stackPointer, bytes: bytes),
          space: space)
      }
      guard case .caller = outcome else {
        if position < places.count { count.shorter += 1 }
        return
      }
      guard position < places.count else {
        // A caller beyond the root must lie in code to count.
        if space.region(at: registers.programCounter &- 1) != nil { count.longer += 1 }
        return
      }
      count.frames += 1
      let pc = registers.programCounter
      let wanted = [pc &- 1, pc].map { address -> CodeAddress in
        let region = space.region(at: address)
        return CodeAddress(module: region?.module, address: address &- (region?.bias ?? 0))
      }
      if wanted.contains(places[position]) {
        count.agreeing += 1
      } else {
        let chain = places.prefix(position + 1).map { live.name($0) }
        if !live.isDescribed(places[position - 1]) {
          count.undescribed += 1
          count.frames -= 1
          return
        }
        differing.append(
          "frame \(position) of \(places.count) (\(end)): \(chain.suffix(4)); libunwind "
            + live.name(wanted[0]))
        return
      }
    }
  }
}
