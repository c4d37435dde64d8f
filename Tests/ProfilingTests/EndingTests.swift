import Foundation
import Glibc
import Testing

extension Profiling {
  @Suite("However a recording ends, it is written")
  struct Endings {
    private let directory: Scratch

    init() throws { directory = try Scratch() }

    private func worker(_ seconds: String = "60") throws -> Launched {
      try Launched([Programs.crowd(), "main", "1", seconds], in: directory, name: "worker")
    }

    @Test("a signal ends an attached recording", arguments: [SIGINT, SIGTERM, SIGHUP])
    func signals(signal: Int32) throws {
      let target = try worker()
      defer { target.end() }
      let recorded = try Recorded(of: ["-p", "\(target.id)"], in: directory)
      try recorded.waitUntilWatching()
      usleep(400_000)
      recorded.lynx.send(signal)
      let (report, stacks) = try recorded.finish()
      #expect(stacks.contains("burn_main"))
      #expect(report.durationSeconds > 0.3)
      #expect(target.isRunning)
      #expect(
        try directory.names.filter { $0.hasPrefix("out") || $0.hasPrefix("report") }
          == ["out.folded", "out.pb.gz", "report.json"])
    }

    @Test("a signal ends a launched command too", arguments: [SIGINT, SIGTERM, SIGHUP])
    func launchedSignals(signal: Int32) throws {
      let recorded = try Recorded(
        of: ["--", Programs.crowd(), "main", "1", "60"], in: directory)
      #expect(eventually { !children(of: recorded.lynx.id).isEmpty })
      let child = try #require(children(of: recorded.lynx.id).first)
      #expect(eventually { cpuSeconds(of: child) > 0.2 })
      recorded.lynx.send(signal)
      let (_, stacks) = try recorded.finish()
      #expect(stacks.contains("burn_main"))
      #expect(kill(child, 0) != 0)
    }

    @Test("below nohup a hang-up ends nothing")
    func nohup() throws {
      let target = try worker()
      defer { target.end() }
      let recorded = try Recorded(
        ["-d", "1"], of: ["-p", "\(target.id)"], in: directory, prefix: ["nohup"])
      try recorded.waitUntilWatching()
      recorded.lynx.send(SIGHUP)
      let (report, _) = try recorded.finish()
      #expect(report.durationSeconds >= 1)
    }

    @Test("a second Ctrl-C kills")
    func twice() throws {
      // The command does not listen, so that lynx still waits for it when the second one comes.
      let recorded = try Recorded(
        of: ["--", Programs.crowd(), "deaf", "1", "60"], in: directory)
      #expect(eventually { !children(of: recorded.lynx.id).isEmpty })
      let child = try #require(children(of: recorded.lynx.id).first)
      #expect(eventually { cpuSeconds(of: child) > 0.2 })
      recorded.lynx.send(SIGINT)
      #expect(
        eventually { FileManager.default.fileExists(atPath: directory / "out.pb.gz") })
      // What follows the first at once is its echo.
      usleep(600_000)
      recorded.lynx.send(SIGINT)
      #expect(recorded.lynx.wait().status == 128 + SIGINT)
      let stacks = try Stacks(directory.read("out.folded"))
      #expect(stacks.contains("burn_main"))
    }

    @Test("a command that ignores the request to end is killed after a while")
    func deaf() throws {
      let (_, stacks) = try Recorded(
        ["-d", "300ms"], of: ["--", Programs.crowd(), "deaf", "1", "60"], in: directory
      ).finish()
      #expect(stacks.contains("burn_main"))
      #expect(try directory.read("lynx.err").contains("killed"))
    }

    @Test("the end of the target is the end")
    func targetEnd() throws {
      let target = try Launched(
        [Programs.crowd(), "wait-main", "1", "0.5"], in: directory, input: .line)
      defer { target.end() }
      let recorded = try Recorded(of: ["-p", "\(target.id)"], in: directory)
      try recorded.waitUntilWatching()
      target.go()
      let (_, stacks) = try recorded.finish()
      #expect(isCovered(stacks.seconds(in: "burn_main"), of: 0.5))
    }

    @Test("a duration is kept, and what came before a delay is left out")
    func durationAndDelay() throws {
      let target = try worker()
      defer { target.end() }
      let (report, stacks) = try Recorded(
        ["-d", "800ms", "--delay", "500ms"], of: ["-p", "\(target.id)"], in: directory
      ).finish()
      #expect(report.durationSeconds >= 0.8)
      #expect(stacks.totalSeconds <= report.durationSeconds * 1.03 + 0.01)
      let crowd = try Programs.crowd()
      let command = try Recorded(
        ["--delay", "2s"],
        of: ["--", "sh", "-c", "\(crowd) images 1 0.05; sleep 3; \(crowd) main 1 0.3"],
        in: directory
      ).finish()
      #expect(!command.stacks.contains("burn_image"))
      #expect(command.stacks.contains("burn_main"))
    }

    @Test(
      "the command's exit status is passed on",
      arguments: [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137), ("kill -TERM $$", 143)])
    func exitStatus(end: String, status: Int32) throws {
      let (_, stacks) = try Recorded(
        of: ["--", "sh", "-c", "\(Programs.crowd()) main 1 0.1; \(end)"], in: directory
      ).finish(status: status)
      #expect(stacks.contains("burn_main"))
    }

    @Test("the command's streams, limits and signals are its own")
    func streams() throws {
      let crowd = try Programs.crowd()
      let script = """
        read line; echo "out $line"; echo err >&2; ulimit -n
        grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status; ls /proc/self/fd | wc -l
        \(crowd) main 1 0.1
        """
      try directory.write(script, to: "script")
      // Without what other tests of this process hold open at the moment.
      let line = """
        for file in /proc/$$/fd/*; do n=${file##*/}; [ $n -gt 2 ] && eval "exec $n>&-"; done 2> /dev/null
        ulimit -Sn 333; echo in | 
        """.trimmingCharacters(in: .newlines)
      let plain = try Lynx.shell("\(line) sh script", in: directory)
      let profiled = try Lynx.shell(
        "\(line) $LYNX profile -q -F 997 -o x.folded -- sh script", in: directory)
      #expect(profiled.status == 0)
      #expect(profiled.output == plain.output)
      #expect(profiled.errors == plain.errors)
    }

    @Test("with its child signal ignored, lynx still sees the command end")
    func ignoredChildSignal() throws {
      let result = try Lynx.shell(
        "trap '' CHLD; exec $LYNX profile -q -F 997 -o x.folded -- \(Programs.crowd()) main 1 0.1",
        in: directory)
      #expect(result.status == 0, "\(result.errors)")
    }

    @Test("a target whose first thread ends costs lynx nothing while the others go on")
    func firstThreadEnds() throws {
      let target = try Launched(
        [Programs.crowd(), "wait-leave", "1", "2.5"], in: directory, input: .line)
      defer { target.end() }
      let recorded = try Recorded(of: ["-p", "\(target.id)"], in: directory, frequency: 99)
      try recorded.waitUntilWatching()
      target.go()
      // From here on nothing but the work on samples: a loop that never rests would use it all.
      let before = cpuSeconds(of: recorded.lynx.id)
      #expect(eventually { cpuSeconds(of: target.id) > 2 })
      #expect(cpuSeconds(of: recorded.lynx.id) - before < 1)
      _ = try recorded.finish()
    }
  }
}

/// The processes a process has started and not yet waited for.
func children(of process: pid_t) -> [pid_t] {
  let path = "/proc/\(process)/task/\(process)/children"
  return ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: " ")
    .compactMap { pid_t($0) }
}
