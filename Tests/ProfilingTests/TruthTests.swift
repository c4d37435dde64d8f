import Testing

extension Profiling {
  @Suite("Time is shown where it was spent")
  struct Truth {
    private let directory: Scratch
    private static let expected: [(function: String, share: Double)] = [
      ("ten", 0.1), ("twenty", 0.2), ("thirty", 0.3), ("forty", 0.4),
    ]

    init() throws { directory = try Scratch() }

    private func expectTrueShares(
      _ stacks: Stacks, _ report: Report, within outer: String = "turn"
    ) {
      for (function, share) in Self.expected {
        let found = stacks.share(of: function, within: outer)
        #expect(
          isWithinSamplingError(found, of: share, count: report.samples),
          "\(function): \(found) of \(report.samples) samples")
      }
    }

    /// The command that prints the CPU time `program` used, user and system, to `lynx.out`.
    private func timed(_ program: String) -> [String] {
      ["--", "bash", "-c", "TIMEFORMAT='%U %S'; { time \(program); } 2>&1"]
    }

    private func used() throws -> Double {
      try directory.read("lynx.out").split { $0 == " " || $0 == "\n" }
        .compactMap { Double($0) }.reduce(0, +)
    }

    @Test("shares of a command without frame pointers, by unwind tables")
    func unwindTables() throws {
      let recorded = try Recorded(of: timed("\(Programs.shares()) 3"), in: directory)
      let (report, stacks) = try recorded.finish()
      expectTrueShares(stacks, report)
      #expect(stacks.share(of: "run", within: "main") > 0.99)
      #expect(report.isRooted(atLeast: 99.9))
      #expect(report.lost == 0)
      let used = try used()
      let covered = stacks.totalSeconds
      #expect(isCovered(covered, of: used, threads: 2), "\(covered) of \(used)")
    }

    @Test("shares of a command with frame pointers, by them")
    func framePointers() throws {
      let recorded = try Recorded(
        ["--call-graph", "fp"], of: timed("\(Programs.sharesWithFramePointers()) 3"),
        in: directory)
      let (report, stacks) = try recorded.finish()
      // A function that calls none has no frame even so: its caller is passed over.
      expectTrueShares(stacks, report, within: "main")
      #expect(stacks.share(of: "run", within: "main") > 0.99)
      #expect(report.lost == 0)
      let used = try used()
      let covered = stacks.totalSeconds
      #expect(isCovered(covered, of: used, threads: 2), "\(covered) of \(used)")
    }

    @Test("all threads together, each counted once")
    func threads() throws {
      let recorded = try Recorded(of: timed("\(Programs.shares()) 2 4"), in: directory)
      let (report, stacks) = try recorded.finish()
      expectTrueShares(stacks, report)
      #expect(report.isRooted(atLeast: 99.9))
      let used = try used()
      let covered = stacks.totalSeconds
      #expect(isCovered(covered, of: used, threads: 5), "\(covered) of \(used)")
    }

    @Test("without inlines, what was inlined belongs to its caller")
    func withoutInlines() throws {
      let recorded = try Recorded(
        ["--no-inline"], of: ["--", Programs.shares(), "2"], in: directory)
      let (report, stacks) = try recorded.finish()
      #expect(!stacks.contains("twenty"))
      let whole = stacks.seconds(in: "turn")
      let own = stacks.seconds { stack in
        guard let turn = stack.frames.firstIndex(of: "turn") else { return false }
        return !stack.frames[(turn + 1)...].contains { ["ten", "thirty", "forty"].contains($0) }
      }
      #expect(isWithinSamplingError(own / whole, of: 0.2, count: report.samples), "\(own / whole)")
    }

    @Test("an inlined function is a frame below the one it was inlined into")
    func inlines() throws {
      let recorded = try Recorded(of: ["--", Programs.shares(), "1"], in: directory)
      let (_, stacks) = try recorded.finish()
      for stack in stacks.stacks {
        guard let place = stack.frames.firstIndex(of: "twenty") else { continue }
        #expect(place > 0 && stack.frames[place - 1] == "turn")
      }
      #expect(stacks.contains("twenty"))
    }

    @Test("attached to a process, each of its threads counts once", arguments: ["fp", "dwarf"])
    func attached(mode: String) throws {
      let target = try Launched(
        [Programs.crowd(), "wait-mixed", "3", "0.4"], in: directory, input: .line)
      defer { target.end() }
      let recorded = try Recorded(
        ["--call-graph", mode], of: ["-p", "\(target.id)"], in: directory)
      try recorded.waitUntilWatching()
      target.go()
      let (report, stacks) = try recorded.finish()
      #expect(report.lost == 0)
      let used = target.wait().cpuSeconds
      let covered = stacks.totalSeconds
      #expect(isCovered(covered, of: used, threads: 8), "\(covered) of \(used)")
      #expect(isCovered(stacks.seconds(in: "burn_thread"), of: 2.4, threads: 6))
      #expect(isCovered(stacks.seconds(in: "burn_child"), of: 0.4))
      #expect(isCovered(stacks.seconds(in: "burn_main"), of: 0.4))
    }
  }
}
