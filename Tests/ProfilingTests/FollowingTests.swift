import Foundation
import FoundationXML
import Glibc
import Testing

extension Profiling {
  @Suite("What the target starts is followed")
  struct Following {
    private let directory: Scratch

    init() throws { directory = try Scratch() }

    private func crowd(_ arguments: String..., wait: Bool = true) throws -> Launched {
      try Launched(
        [Programs.crowd(), (wait ? "wait-" : "") + arguments[0]] + arguments.dropFirst(),
        in: directory, name: "target-\(UUID().uuidString)", input: wait ? .line : .nothing)
    }

    /// Attaches to a target that waits, lets it go, and records until it ends.
    private func record(
      _ target: Launched, _ options: [String] = []
    ) throws -> (report: Report, stacks: Stacks) {
      let recorded = try Recorded(options, of: ["-p", "\(target.id)"], in: directory)
      try recorded.waitUntilWatching()
      target.go()
      return try recorded.finish()
    }

    @Test(
      "threads and processes of every kind, launched or attached to",
      arguments: [
        ("threads", 20, 0.05, "burn_thread", 20), ("sequence", 50, 0.02, "burn_thread", 50),
        ("children", 10, 0.1, "burn_child", 10), ("images", 12, 0.1, "burn_image", 1),
        ("leave", 1, 1.0, "burn_thread", 1),
      ])
    func followed(
      scenario: String, count: Int, seconds: Double, function: String, threads: Int
    ) throws {
      let expected = scenario == "leave" ? seconds : Double(count) * seconds
      let command = [try Programs.crowd(), scenario, "\(count)", "\(seconds)"]
      let launched = try Recorded(of: ["--"] + command, in: directory).finish()
      let attached = try record(crowd(scenario, "\(count)", "\(seconds)"))
      for (report, stacks) in [launched, attached] {
        let found = stacks.seconds(in: function)
        #expect(
          isCovered(found, of: expected, threads: threads), "\(found) of \(expected): \(report)")
        #expect(report.lost == 0)
        #expect(report.isRooted(atLeast: 99.5))
        #expect(report.unresolvedPercent < 1)
      }
    }

    @Test("pipelines of a shell, and what they execute")
    func pipelines() throws {
      let crowd = try Programs.crowd()
      let line = "\(crowd) main 1 0.3 | \(crowd) children 2 0.3 | cat; \(crowd) images 3 0.1"
      let (report, stacks) = try Recorded(of: ["--", "sh", "-c", line], in: directory).finish()
      #expect(isCovered(stacks.seconds(in: "burn_main"), of: 0.3))
      #expect(isCovered(stacks.seconds(in: "burn_child"), of: 0.6, threads: 2))
      #expect(isCovered(stacks.seconds(in: "burn_image"), of: 0.3))
      #expect(report.isRooted(atLeast: 99))
    }

    @Test("children that were there before belong to their process")
    func existingChildren() throws {
      let crowd = try Programs.crowd()
      let target = try Launched(
        ["sh", "-c", "exec 3<&0; \(crowd) wait-main 1 0.5 <&3 & wait"], in: directory,
        input: .line)
      defer { target.end() }
      #expect(eventually { children(of: target.id).count == 1 })
      let (_, stacks) = try record(target)
      #expect(isCovered(stacks.seconds(in: "burn_main"), of: 0.5))
    }

    @Test("several processes, also when one ends before the other")
    func several() throws {
      let first = try crowd("main", "1", "0.3")
      let second = try crowd("threads", "2", "0.6")
      defer {
        first.end()
        second.end()
      }
      let recorded = try Recorded(of: ["-p", "\(first.id),\(second.id)"], in: directory)
      try recorded.waitUntilWatching()
      first.go()
      first.wait()
      second.go()
      let (report, stacks) = try recorded.finish()
      #expect(isCovered(stacks.seconds(in: "burn_main"), of: 0.3))
      #expect(isCovered(stacks.seconds(in: "burn_thread"), of: 1.2, threads: 2))
      #expect(report.lost == 0)
    }

    @Test("a single thread is that thread alone, and what it starts is not")
    func singleThread() throws {
      let target = try Launched(
        [Programs.crowd(), "wait-mixed", "2", "0.4"], in: directory, input: .line)
      defer { target.end() }
      let recorded = try Recorded(of: ["--tid", "\(target.id)"], in: directory)
      #expect(
        eventually {
          let folder = "/proc/\(recorded.lynx.id)/fd"
          let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
          // Two for each CPU, the ring's and the thread's; then the maps are read.
          return names.count { name in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)"))?
              .contains("[perf_event]") == true
          } >= 2 * Machine.cpuCount
        })
      usleep(300_000)
      target.go()
      let (_, stacks) = try recorded.finish()
      #expect(isCovered(stacks.seconds(in: "burn_main"), of: 0.4))
      #expect(!stacks.contains("burn_thread"))
      #expect(!stacks.contains("burn_child"))
    }

    @Test("threads that are started without a pause while lynx attaches count once")
    func breeding() throws {
      let target = try crowd("breed", "8", "0.02", wait: false)
      defer { target.end() }
      #expect(eventually { cpuSeconds(of: target.id) > 0.2 })
      for _ in 0..<3 {
        let (report, stacks) = try Recorded(
          ["-d", "1"], of: ["-p", "\(target.id)"], in: directory
        ).finish()
        // No CPU can be used for longer than it was watched: what was counted twice would show.
        let possible = report.durationSeconds * Double(Machine.cpuCount)
        #expect(stacks.totalSeconds <= possible * 1.03 + 0.01)
        #expect(stacks.seconds(in: "burn_thread") > 0)
        #expect(report.isRooted(atLeast: 99))
      }
    }

    @Test(
      "hundreds of threads lose nothing",
      .enabled(if: Machine.isRoot(for: "hundreds of threads without a loss")))
    func hundreds() throws {
      let target = try crowd("threads", "300", "0.01")
      defer { target.end() }
      let (report, stacks) = try record(target)
      #expect(report.lost == 0)
      #expect(isCovered(stacks.seconds(in: "burn_thread"), of: 3, threads: 300))
    }

    @Test("a program that was deleted or replaced while it runs is still itself")
    func replaced() throws {
      let copy = try directory.adopt(Programs.crowd(), as: "copy")
      let target = try Launched([copy, "wait-main", "1", "0.5"], in: directory, input: .line)
      defer { target.end() }
      try #require(eventually { target.executes == copy })
      try FileManager.default.removeItem(atPath: copy)
      _ = try directory.adopt(Programs.words(), as: "copy")
      let (report, stacks) = try record(target)
      // Only a privileged user may look through the mapping itself.
      if Machine.isRoot {
        #expect(isCovered(stacks.seconds(in: "burn_main"), of: 0.5))
      } else {
        #expect(report.unresolved.contains { $0.module.contains("copy") })
      }
    }

    @Test("thread names of any kind reach the artifact whole")
    func names() throws {
      let name = "a\n\"<é🙂"
      let result = try Lynx.run(
        [
          "profile", "-F", "997", "-o", "a.svg", "-o", "a.folded", "-q", "--",
          Programs.crowd(), "main", "1", "0.1", name,
        ], in: directory)
      #expect(result.status == 0, "\(result.errors)")
      #expect(XMLParser(data: try directory.bytes("a.svg")).parse())
      let again = try Lynx.run(["render", "a.pb.gz", "-o", "b.folded"], in: directory)
      #expect(again.status == 0)
      #expect(try directory.read("a.folded") == directory.read("b.folded"))
    }
  }
}

/// CPU time a running process has used.
func cpuSeconds(of process: pid_t) -> Double {
  var clock = clockid_t()
  var time = timespec()
  guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 else {
    return 0
  }
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
