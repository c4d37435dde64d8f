import Foundation
import Glibc
import Testing

extension Profiling {
  @Suite("Where nothing can be shown, the reason is")
  struct Answers {
    private let directory: Scratch

    init() throws { directory = try Scratch() }

    /// Runs `lynx profile`, which must end with `status`, give a reason, and leave nothing behind.
    private func expectAnswer(
      _ arguments: [String], prefix: [String] = [], status: Int32, _ reasons: String...,
      environment: [String: String] = [:], at location: SourceLocation = #_sourceLocation
    ) throws {
      let result = try Lynx.run(
        ["profile", "-o", "out.svg"] + arguments, in: directory, prefix: prefix,
        environment: environment)
      #expect(result.status == status, "\(result)", sourceLocation: location)
      #expect(result.output == "", sourceLocation: location)
      for reason in reasons {
        #expect(result.errors.contains(reason), "\(result)", sourceLocation: location)
      }
      #expect(
        try directory.names.filter { $0.hasPrefix("out") || $0.hasSuffix(".gz") } == [],
        sourceLocation: location)
    }

    @Test("nobody there")
    func nobodyThere() throws {
      let ended = try Launched(["true"], in: directory)
      ended.wait()
      try expectAnswer(["-p", "\(ended.id)"], status: 69, "no process \(ended.id)")
      try expectAnswer(["--tid", "\(ended.id)"], status: 69, "no thread \(ended.id)")
      try expectAnswer(["-p", "2147483647"], status: 69, "no process")
    }

    @Test("a thread is not a process")
    func threadForProcess() throws {
      let target = try Launched([Programs.crowd(), "threads", "1", "30"], in: directory)
      defer { target.end() }
      let folder = "/proc/\(target.id)/task"
      #expect(
        eventually {
          (try? FileManager.default.contentsOfDirectory(atPath: folder))?.count == 2
        })
      let thread = try #require(
        FileManager.default.contentsOfDirectory(atPath: folder).compactMap { Int32($0) }.max())
      try expectAnswer(
        ["-p", "\(thread)"], status: 69, "thread of process \(target.id)", "--tid \(thread)")
    }

    @Test("a command that cannot be started")
    func unstartable() throws {
      try directory.write("text", to: "text")
      try FileManager.default.createDirectory(
        atPath: directory / "folder", withIntermediateDirectories: true)
      try expectAnswer(
        ["--", "no-such-command"], status: 66, "no command 'no-such-command' in PATH")
      try expectAnswer(["--", "./none"], status: 66, "'./none'")
      try expectAnswer(["--", ""], status: 64, "is empty")
      try expectAnswer(["--", "./text/x"], status: 66)
      try expectAnswer(["--", "./text"], status: 77, "'./text' cannot be executed", "chmod +x")
      try expectAnswer(["--", "./folder"], status: 77, "'./folder' is a directory")
    }

    @Test("processes that did nothing")
    func idle() throws {
      let sleeper = try Launched(["sleep", "60"], in: directory)
      defer { sleeper.end() }
      try expectAnswer(["-p", "\(sleeper.id)", "-d", "200ms"], status: 1, "(sleep) slept")
      try expectAnswer(["--tid", "\(sleeper.id)", "-d", "200ms"], status: 1, "(sleep) slept")
      sleeper.send(SIGSTOP)
      #expect(
        eventually {
          let path = "/proc/\(sleeper.id)/stat"
          return (try? String(contentsOfFile: path, encoding: .utf8))?.contains(") T ") == true
        })
      try expectAnswer(["-p", "\(sleeper.id)", "-d", "200ms"], status: 1, "stopped", "kill -CONT")
      try expectAnswer(["-d", "200ms", "--", "sleep", "60"], status: 1, "slept")
    }

    @Test("a command that ended too early, or did nothing but start what did")
    func tooEarly() throws {
      try expectAnswer(["-F", "1", "--", "true"], status: 1, "too early", "--freq")
      try expectAnswer(["-F", "1", "--", "sh", "-c", "exit 4"], status: 4, "too early")
      try expectAnswer(
        ["--delay", "5s", "--", "true"], status: 1, "before the delay of 5 s was over")
      try expectAnswer(
        ["-F", "20", "--", Programs.crowd(), "sequence", "100", "0.004"], status: 1,
        "less than the 50 ms between samples each", "--freq")
    }

    @Test("a process that has ended and was not waited for")
    func zombie() throws {
      let parent = try Launched(["sh", "-c", "true & exec sleep 60"], in: directory)
      defer { parent.end() }
      #expect(
        eventually {
          guard let child = children(of: parent.id).first else { return false }
          let path = "/proc/\(child)/stat"
          return (try? String(contentsOfFile: path, encoding: .utf8))?.contains(") Z ") == true
        })
      let zombie = try #require(children(of: parent.id).first)
      try expectAnswer(["-p", "\(zombie)", "-d", "200ms"], status: 69, "ended before")
    }

    @Test(
      "a program that becomes another user's when it starts",
      .enabled(if: Machine.isRoot(for: "a set-user-ID program")))
    func setUserID() throws {
      let copy = try directory.adopt(Programs.crowd(), as: "suid")
      try #require(chown(copy, 65534, 65534) == 0 && chmod(copy, 0o4755) == 0)
      try expectAnswer(
        ["-F", "997", "--", copy, "main", "1", "0.3"], status: 1, "runs as another user", "--pid")
    }

    @Test("outputs are tried before anything is started")
    func unwritable() throws {
      for option in [["-o", "none/x.svg"], ["--artifact", "none/x"], ["--json", "none/x.json"]] {
        try expectAnswer(option + ["--", "touch", "out.touched"], status: 73, "cannot write")
      }
    }

    @Test("a frequency the kernel does not take")
    func frequency() throws {
      let limit = try #require(Machine.setting("perf_event_max_sample_rate"))
      guard limit < 1_000_000 else {
        Machine.warn("NOT TRIED: too high a frequency, because this kernel takes any")
        return
      }
      try expectAnswer(
        ["-F", "\(limit + 1)", "--", "true"], status: 64, "perf_event_max_sample_rate (\(limit))",
        "sudo sysctl kernel.perf_event_max_sample_rate=\(limit + 1)")
    }

    @Test("a sandbox that refuses", arguments: [EPERM, EACCES, ENOSYS])
    func seccomp(code: Int32) throws {
      let prefix = [try Programs.sandbox(), "\(code)"]
      let reason = code == ENOSYS ? "has no perf_event_open" : "a seccomp filter refuses"
      try expectAnswer(
        ["--", "touch", "out.touched"], prefix: prefix, status: 77, reason, "seccomp=")
      let target = try Launched(["sleep", "60"], in: directory)
      defer { target.end() }
      try expectAnswer(["-p", "\(target.id)"], prefix: prefix, status: 77, reason, "seccomp=")
    }

    @Test("another user's process is refused with the line that mends it")
    func otherUser() throws {
      let lynx = try directory.adopt(Lynx.path, as: "lynx")
      let result = try Lynx.run(
        ["profile", "-o", "out.svg", "-p", "1"], in: directory, prefix: Machine.asOrdinaryUser,
        executable: lynx)
      #expect(result.status == 77, "\(result)")
      #expect(result.errors.contains("process 1 belongs to user root"))
      #expect(result.errors.contains(Machine.ordinaryUser))
      #expect(result.errors.contains("sudo \(lynx) profile --pid 1\n"))
    }

    @Test("too few descriptors for so many threads is said", arguments: [8, 24, 60, 100])
    func descriptors(limit: Int) throws {
      let target = try Launched([Programs.crowd(), "idle", "60", "0.1"], in: directory)
      defer { target.end() }
      #expect(eventually { cpuSeconds(of: target.id) > 0.1 })
      try expectAnswer(
        ["-p", "\(target.id)", "-d", "200ms"], prefix: ["prlimit", "--nofile=\(limit):\(limit)"],
        status: 1, "open files", "ulimit -n")
    }
  }
}
