import Foundation
import Glibc
import Testing

extension Profiling {
  @Suite("lynx doctor says of each user and sandbox what a profiler has there, and what mends it")
  struct Doctor {
    private let directory: Scratch
    private let lynx: String

    init() throws {
      directory = try Scratch()
      lynx = try directory.adopt(Lynx.path, as: "lynx")
    }

    private func diagnose(_ options: String..., prefix: [String] = []) throws -> Diagnosis {
      try Diagnosis(options, in: directory, prefix: prefix, executable: lynx)
    }

    /// What depends on events being granted.
    private let dependent = [
      "kernel_frames", "event", "other_users", "whole_cpus", "frequency", "call_chains",
      "open_files", "target", "rings", "trial",
    ]

    @Test("whoever may sample: the trial's stacks are whole, and all is named")
    func granted() throws {
      for prefix in [[], Machine.asOrdinaryUser] {
        let found = try diagnose(prefix: prefix)
        try found.expect("ok", ["own_process", "event", "frequency", "open_files", "trial"])
        #expect(try found.profiler("trial").observed.contains("100% of the stacks whole"))
      }
    }

    @Test(
      "a filter that refuses perf_event_open, with any errno",
      arguments: [
        (EPERM, "EPERM: a seccomp filter", "docker run --security-opt seccomp=unconfined"),
        (EACCES, "EACCES: a seccomp filter", "docker run --security-opt seccomp=unconfined"),
        (ENOSYS, "ENOSYS: ", "docker run --security-opt seccomp=unconfined"),
        (EMFILE, "EMFILE: ", "ulimit -n"), (ENOENT, "ENOENT: ", "CONFIG_PERF_EVENTS"),
        (EOPNOTSUPP, "EOPNOTSUPP: ", "CONFIG_PERF_EVENTS"),
      ])
    func filtered(code: Int32, observed: String, remedy: String) throws {
      let sandbox = try directory.adopt(Programs.sandbox(), as: "sandbox")
      for user in [[], Machine.asOrdinaryUser] {
        let found = try diagnose(prefix: user + [sandbox, "\(code)"])
        #expect(found.status == 1)
        try found.expect("failed", ["own_process"])
        let check = try found.profiler("own_process")
        #expect(check.observed.hasPrefix(observed), "\(check)")
        #expect(check.remedy?.contains(remedy) == true, "\(check)")
        try found.expect("not_applicable", dependent)
      }
    }

    @Test("an event that an older kernel does not know")
    func invalid() throws {
      let sandbox = try directory.adopt(Programs.sandbox(), as: "sandbox")
      let check = try diagnose(prefix: [sandbox, "\(EINVAL)"]).profiler("own_process")
      #expect(check.status == "failed" && check.observed.contains("Linux 5.4"), "\(check)")
    }

    @Test("an ordinary user gets the kernel's part by the line that is given")
    func kernelFrames() throws {
      guard Machine.isRoot(for: "the lines of lynx doctor"), Machine.hidesKernel else { return }
      let before = try diagnose(prefix: Machine.asOrdinaryUser)
      try before.expect("warning", ["kernel_frames", "other_users"])
      try before.expect("not_applicable", ["capabilities"])
      let remedy = try #require(before.profiler("kernel_frames").remedy)
      let settings = KernelSettings()
      do {
        try settings.run(remedy, in: directory)
      } catch {
        Machine.warn("NOT TRIED: \(remedy), because settings are not to be written here: \(error)")
        return
      }
      let after = try diagnose(prefix: Machine.asOrdinaryUser)
      withExtendedLifetime(settings) {}
      try after.expect("ok", ["kernel_frames", "paranoid"])
      if Machine.setting("kptr_restrict") == 0 { try after.expect("ok", ["kernel_names"]) }
    }

    @Test("an ordinary user gets everything by the capabilities that are given")
    func capabilities() throws {
      guard Machine.isRoot(for: "setcap") else { return }
      let before = try diagnose(prefix: Machine.asOrdinaryUser)
      let remedy = try #require(before.profiler("other_users").remedy)
      #expect(remedy.hasSuffix(" \(lynx)"), "\(remedy)")
      let words = remedy.split(separator: " ").map(String.init)
      try #require(words.prefix(2) == ["sudo", "setcap"])
      guard access("/usr/sbin/setcap", X_OK) == 0 || access("/sbin/setcap", X_OK) == 0 else {
        Machine.warn("NOT TRIED: \(remedy), because there is no setcap here (libcap2-bin)")
        return
      }
      let set = try Launched(
        ["env", "PATH=/usr/sbin:/sbin:/usr/bin:/bin"] + words.dropFirst(), in: directory,
        name: "setcap")
      defer { set.end() }
      let ended = set.wait().status
      let complaint = try directory.read("setcap.err")
      try #require(ended == 0, "\(complaint)")
      let after = try diagnose(prefix: Machine.asOrdinaryUser)
      try after.expect(
        "ok",
        ["own_process", "kernel_frames", "other_users", "whole_cpus", "capabilities", "paranoid"])
      try after.expect("ok", ["kernel_names", "trial"])
    }

    @Test("root without capabilities, as in a container")
    func dropped() throws {
      guard Machine.isRoot(for: "dropped capabilities"), Machine.hidesKernel else { return }
      let found = try diagnose(prefix: ["setpriv", "--bounding-set=-all", "--inh-caps=-all"])
      try found.expect("ok", ["own_process", "trial", "user_namespace"])
      try found.expect("warning", ["kernel_frames", "capabilities"])
      let check = try found.profiler("capabilities")
      #expect(check.observed == "none; missing: CAP_PERFMON, CAP_SYSLOG, CAP_SYS_PTRACE")
      #expect(check.remedy?.contains("--cap-add PERFMON") == true)
    }

    @Test("root of a user namespace, whose capabilities are worth nothing")
    func namespace() throws {
      guard Machine.hidesKernel else { return }
      for user in [[], Machine.asOrdinaryUser] {
        let found = try diagnose(prefix: user + ["unshare", "-Urm"])
        try found.expect("ok", ["own_process", "trial", "paranoid"])
        try found.expect("warning", ["kernel_frames", "user_namespace"])
        try found.expect("not_applicable", ["capabilities"])
        #expect(try found.profiler("kernel_frames").remedy?.contains("# on the host") == true)
      }
    }

    @Test("little memory to lock, until the line that is given is run")
    func lockedMemory() throws {
      let prefix = ["prlimit", "--memlock=0:0"] + Machine.asOrdinaryUser
      let before = try diagnose(prefix: prefix).profiler("rings")
      // What the kernel lends without any may have been taken by others.
      #expect(["warning", "failed"].contains(before.status), "\(before)")
      #expect(before.observed.contains("locked memory"), "\(before)")
      let remedy = try #require(before.remedy)
      #expect(remedy.hasPrefix("sudo sysctl kernel.perf_event_mlock_kb="))
      guard Machine.isRoot(for: remedy) else { return }
      let settings = KernelSettings()
      do {
        try settings.run(remedy, in: directory)
      } catch {
        Machine.warn("NOT TRIED: \(remedy), because settings are not to be written here: \(error)")
        return
      }
      let after = try diagnose(prefix: prefix).profiler("rings")
      withExtendedLifetime(settings) {}
      #expect(after.status == "ok", "\(after)")
    }

    @Test("memory to lock that a shell may raise by itself")
    func softLimit() throws {
      let lent = try #require(Machine.setting("perf_event_mlock_kb"))
      let kilobytes = (4100 - lent) * Machine.cpuCount
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit)
      guard lent < 4100, limit.rlim_max >= UInt64(kilobytes) << 10 else {
        Machine.warn(
          "NOT TRIED: a raised limit of locked memory, because the hard one is too low here")
        return
      }
      let prefix = ["prlimit", "--memlock=0:\(kilobytes << 10)"] + Machine.asOrdinaryUser
      let before = try diagnose(prefix: prefix).profiler("rings")
      let remedy = try #require(before.remedy, "\(before)")
      #expect(remedy.hasPrefix("ulimit -l "))
      let after = try diagnose(
        prefix: prefix + ["bash", "-c", remedy.prefix { $0 != "#" } + "; exec \"$0\" \"$@\""])
      #expect(try after.profiler("rings").status == "ok")
    }

    @Test("few open files")
    func openFiles() throws {
      let found = try diagnose(prefix: ["prlimit", "--nofile=80:80"]).profiler("open_files")
      #expect(found.status == "warning" && found.observed.hasPrefix("80:"), "\(found)")
      #expect(found.remedy?.contains("--nofile=") == true)
    }

    @Test("the process to profile: of this user, of another, stopped, a thread, ended")
    func target() throws {
      let program = try directory.adopt(Programs.shares(), as: "shares")
      let own = try Launched([program, "600", "2"], in: directory)
      defer { own.end() }
      #expect(eventually { own.executes == program })
      let fine = try diagnose("--pid", "\(own.id)").profiler("target")
      #expect(fine.status == "ok" && fine.observed.hasPrefix("shares, of "), "\(fine)")
      if Machine.isRoot {
        let other = try diagnose("--pid", "\(own.id)", prefix: Machine.asOrdinaryUser)
        let check = try other.profiler("target")
        #expect(other.status == 1 && check.status == "failed", "\(check)")
        #expect(
          check.observed.contains("belongs to user root; user nobody may profile no process but"),
          "\(check)")
        #expect(check.remedy == "sudo \(lynx) profile --pid \(own.id)")
      }
      kill(own.id, SIGSTOP)
      #expect(
        eventually {
          (try? diagnose("--pid", "\(own.id)").profiler("target").status) == "warning"
        })
      let stopped = try diagnose("--pid", "\(own.id)").profiler("target")
      #expect(stopped.remedy == "kill -CONT \(own.id)", "\(stopped)")
      kill(own.id, SIGCONT)
      own.end()
      let gone = try diagnose("--pid", "\(own.id)")
      #expect(gone.status == 1)
      #expect(try gone.profiler("target").observed == "there is no process \(own.id)")
      #expect(try diagnose().profiler("target").status == "not_applicable")
    }

    @Test("the settings are told as sysctl tells them")
    func settings() throws {
      let found = try diagnose()
      let paranoid = try #require(Machine.setting("perf_event_paranoid"))
      #expect(try found.profiler("paranoid").observed.hasPrefix("\(paranoid):"))
      let rate = try #require(Machine.setting("perf_event_max_sample_rate"))
      #expect(try found.profiler("frequency").observed.hasSuffix("\(rate)"))
      let frames = try #require(Machine.setting("perf_event_max_stack"))
      #expect(try found.profiler("call_chains").observed == "\(frames)")
    }
  }
}
