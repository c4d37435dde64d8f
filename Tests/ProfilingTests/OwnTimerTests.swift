import Foundation
import Glibc
import Testing

extension Profiling {
  /// A server below a filter that refuses perf_event_open, as containers have it.
  @Suite("Where perf_event_open is refused, a server samples itself by timers")
  struct OwnTimers {
    private let directory: Scratch

    init() throws { directory = try Scratch() }

    /// What a server is to be started behind; with `noise`, threads are put into it (see noise.c).
    private func prefix(
      refusal: Int32 = EPERM, asOrdinaryUser: Bool, noise: String? = nil
    ) throws -> [String] {
      let sandbox = try directory.adopt(Programs.sandbox(), as: "sandbox")
      var prefix = asOrdinaryUser ? Machine.asOrdinaryUser : []
      prefix += [sandbox, "\(refusal)"]
      if let noise {
        let library = try directory.adopt(Programs.noise(), as: "noise.so")
        let plugin = try directory.adopt(Programs.plugin(), as: "plugin.so")
        prefix += [
          "env", "LD_PRELOAD=\(library)", "NOISE=\(noise)", "NOISE_PLUGIN=\(plugin)",
        ]
      }
      return prefix
    }

    private func serve(_ prefix: [String]) throws -> ServingLynx {
      try ServingLynx(
        prefix: prefix, executable: directory.adopt(Lynx.path, as: "lynx"), in: directory)
    }

    /// What `go tool pprof` says of a profile, comments included.
    private func pprof(_ arguments: [String]) throws -> String {
      let tool = try Launched(
        ["go", "tool", "pprof", "-nodecount=100000", "-nodefraction=0"] + arguments,
        in: directory, name: "pprof", environment: ["HOME": directory.path])
      defer { tool.end() }
      let status = tool.wait(seconds: 200).status
      let complaint = try directory.read("pprof.err")
      try #require(status == 0, "\(complaint)")
      return try directory.read("pprof.out")
    }

    private func stacks(_ name: String) throws -> Stacks {
      let result = try Lynx.run(
        ["render", "\(name).pb.gz", "-o", "\(name).folded"], in: directory)
      try #require(result.status == 0, "\(result.errors)")
      return try Stacks(directory.read("\(name).folded"))
    }

    /// How many samples a profile has, and how many were lost, from what pprof prints.
    private func counts(_ name: String) throws -> (samples: Int, lost: Int) {
      let text = try pprof(["-sample_index=samples", "-top", "\(name).pb.gz"])
      let total = try #require(text.firstMatch(of: /of (\d+) total|nodes accounting for 0, 0%/))
      let lost = try #require(text.firstMatch(of: /lost: (\d+),/))
      return (
        total.output.1.flatMap { Int($0) } ?? 0, try #require(Int(lost.output.1))
      )
    }

    @Test(
      "the shares of a known program come out, stacks are whole, and the profile says how it was made",
      arguments: [true, false])
    func shares(asOrdinaryUser: Bool) throws {
      let server = try serve(
        prefix(
          refusal: asOrdinaryUser ? EPERM : ENOSYS, asOrdinaryUser: asOrdinaryUser,
          noise: "shares"))
      #expect(try server.profile(seconds: 6, hertz: 1000, to: "a") == 200)
      let stacks = try stacks("a")
      let (samples, lost) = try counts("a")
      let text = try pprof(["-top", "a.pb.gz"])
      print("\(samples) samples, \(lost) lost")
      // Half a CPU for six seconds at the lowest tick there is.
      #expect(samples > 300 && lost == 0, "\(text.prefix(2000))")
      for (function, share) in [("ten", 0.1), ("thirty", 0.3), ("forty", 0.4)] {
        let found = stacks.share(of: function, within: "spend")
        #expect(isWithinSamplingError(found, of: share, count: samples), "\(function) \(found)")
      }
      #expect(stacks.share(of: "twenty", within: "spend") > 0.1, "inlined calls are named")
      // The noise has both CPUs, and nobody else has anything to do.
      #expect(stacks.seconds(in: "spend") > 0.8 * stacks.totalSeconds)
      let whole = stacks.seconds { $0.frames.contains { $0 == "start_thread" } }
      #expect(whole > 0.98 * stacks.seconds(in: "spend"), "\(whole)")
      let reason = asOrdinaryUser ? "a seccomp filter refuses" : "has no perf_event_open"
      for sentence in ["event: cpu-timer, ", reason, "these timers expire at the kernel's tick"] {
        #expect(text.contains(sentence), "\(sentence): \(text.prefix(2000))")
      }
      #expect(server.stop() == 0)
    }

    @Test("go tool pprof fetches one of a loaded server and finds its functions")
    func loaded() throws {
      let server = try serve(prefix(asOrdinaryUser: true))
      try server.create("one")
      let load = try server.load("one")
      defer { load.end() }
      for round in 1...3 {
        let table = try pprof(["-top", server.address(seconds: 2, hertz: 250)])
        for text in ["Type: cpu", "event: cpu-timer, ", "RedirectLoop", "lost: 0"] {
          #expect(table.contains(text), "\(round) \(text): \(table.prefix(4000))")
        }
      }
      #expect(server.stop() == 0)
    }

    @Test(
      "a million signals amid malloc, dlopen and threads that come and go",
      arguments: [true, false])
    func storm(asOrdinaryUser: Bool) throws {
      let server = try serve(prefix(asOrdinaryUser: asOrdinaryUser, noise: "storm"))
      try server.create("one")
      let load = try server.load("one")
      defer { load.end() }
      // Of both kinds of users together.
      let wanted = 500_000
      var handled = 0
      var rounds = 0
      var seen: Set<Substring> = []
      while rounds < 3 || handled < wanted && rounds < 60 {
        rounds += 1
        let status = try server.profile(seconds: 3, hertz: 1000, to: "\(rounds)")
        try #require(status == 200, "round \(rounds): \(server.errors)")
        let (samples, lost) = try counts("\(rounds)")
        #expect(samples > 0)
        handled += samples + lost
        // A single one may have few samples, where others keep the machine busy.
        seen.formUnion(try stacks("\(rounds)").functions)
      }
      print("\(handled) signals handled in \(rounds) profiles")
      #expect(handled >= wanted)
      for function in ["ten", "allocate", "RedirectLoop"] {
        #expect(seen.contains { $0.contains(function) }, "\(function): \(seen.sorted())")
      }
      // Signals go on to be sent, with nobody to take what they find.
      usleep(500_000)
      #expect(server.stop() == 0, "\(server.errors)")
    }
  }
}
