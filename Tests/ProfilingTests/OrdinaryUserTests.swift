import Foundation
import Glibc
import Testing

extension Profiling {
  @Suite("An ordinary user profiles what is theirs")
  struct OrdinaryUser {
    private let directory: Scratch
    private let lynx: String

    init() throws {
      directory = try Scratch()
      lynx = try directory.adopt(Lynx.path, as: "lynx")
    }

    private var prefix: [String] {
      Machine.asOrdinaryUser + ["env", "HOME=\(directory.path)", "TMPDIR=\(directory.path)"]
    }

    /// Records a program that works for as many seconds as its first argument says, in both ways.
    private func recordings(
      of program: String, seconds: Int, _ arguments: String..., options: [String] = []
    ) throws -> [(report: Report, stacks: Stacks)] {
      let copy = try directory.adopt(program, as: "copy-\(UUID().uuidString)")
      let launched = try Recorded(
        options, of: ["--", copy, "\(seconds)"] + arguments, in: directory, prefix: prefix,
        executable: lynx
      ).finish()
      let target = try Launched(prefix + [copy, "600"] + arguments, in: directory)
      defer { target.end() }
      // The commands in front become the program.
      #expect(eventually { target.executes == copy })
      let attached = try Recorded(
        options + ["-d", "\(seconds)"], of: ["-p", "\(target.id)"], in: directory,
        prefix: prefix, executable: lynx
      ).finish()
      return [launched, attached]
    }

    private func expectHonesty(_ report: Report) {
      guard Machine.hidesKernel else { return }
      #expect(report.event.hasSuffix(":u"))
      #expect(
        report.notes.contains {
          $0.contains("perf_event_paranoid is \(Machine.setting("perf_event_paranoid") ?? -1)")
            && $0.contains("sudo sysctl kernel.perf_event_paranoid=1")
        })
    }

    @Test("whole stacks of C++ without frame pointers")
    func deep() throws {
      for (report, stacks) in try recordings(
        of: Programs.deep(), seconds: 2, options: ["--stack-size", "32k"])
      {
        #expect(report.isRooted(atLeast: 99.9), "\(report)")
        #expect(report.lost == 0)
        #expect(stacks.functions.contains { $0.contains("forest::sum") })
        expectHonesty(report)
      }
    }

    @Test("true shares", arguments: ["dwarf", "fp"])
    func shares(mode: String) throws {
      let program =
        mode == "fp" ? try Programs.sharesWithFramePointers() : try Programs.shares()
      for (report, stacks) in try recordings(
        of: program, seconds: 2, "2", options: ["--call-graph", mode])
      {
        for (function, share) in [("ten", 0.1), ("twenty", 0.2), ("thirty", 0.3), ("forty", 0.4)] {
          let found = stacks.share(of: function, within: mode == "fp" ? "run" : "turn")
          #expect(
            isWithinSamplingError(found, of: share, count: report.samples), "\(function) \(found)")
        }
        expectHonesty(report)
      }
    }

    @Test("in a user and mount namespace of their own")
    func namespace() throws {
      let deep = try directory.adopt(Programs.deep(), as: "deep")
      let launched = try Recorded(
        ["--stack-size", "32k"], of: ["--", deep, "2"], in: directory,
        prefix: prefix + ["unshare", "-Urm"], executable: lynx
      ).finish()
      // Whoever is in another namespace is another user: both are in this one.
      let attach = """
        \(deep) 600 & target=$!
        trap 'kill $target' EXIT
        until [ "$(readlink /proc/$target/exe)" = \(deep) ]; do sleep 0.01; done
        "$0" "$@" -p $target
        """
      let attached = try Recorded(
        ["--stack-size", "32k", "-d", "2"], of: [], in: directory,
        prefix: prefix + ["unshare", "-Urm", "bash", "-c", attach], executable: lynx
      ).finish()
      for (report, stacks) in [launched, attached] {
        #expect(report.isRooted(atLeast: 99.9), "\(report)")
        #expect(stacks.functions.contains { $0.contains("forest::sum") })
      }
    }

    @Test("the kernel's part is refused if it was demanded")
    func kernelDemanded() throws {
      guard Machine.hidesKernel else {
        Machine.warn(
          "NOT TRIED: a refused kernel part, because kernel.perf_event_paranoid is below 2")
        return
      }
      let result = try Lynx.run(
        ["profile", "-o", "out.svg", "--kernel", "yes", "--", "touch", directory / "touched"],
        in: directory, prefix: prefix, executable: lynx)
      #expect(result.status == 77, "\(result)")
      #expect(result.errors.contains("kernel frames need 1 or less"))
      #expect(result.errors.contains("sudo sysctl kernel.perf_event_paranoid=1"))
      #expect(result.errors.contains("--kernel no"))
      #expect(!(try directory.names.contains("touched")))
      #expect(!(try directory.names.contains("out.svg")))
    }

    @Test("with little memory to lock, rings are smaller, and that is said")
    func lockedMemory() throws {
      let copy = try directory.adopt(Programs.shares(), as: "shares")
      let result = try Lynx.run(
        ["profile", "-F", "997", "-o", "out.folded", "--json", "r.json", "--", copy, "1"],
        in: directory, prefix: ["prlimit", "--memlock=0:0"] + prefix, executable: lynx)
      // What the kernel lends without any may have been taken by others.
      if result.status == 77 {
        #expect(result.errors.contains("locked memory"))
        #expect(result.errors.contains("ulimit -l"))
        return
      }
      #expect(result.status == 0, "\(result)")
      let report = try Report(directory.bytes("r.json"))
      #expect(report.notes.contains { $0.contains("rings of") && $0.contains("ulimit -l") })
      #expect(report.isRooted(atLeast: 99.9))
    }
  }
}
