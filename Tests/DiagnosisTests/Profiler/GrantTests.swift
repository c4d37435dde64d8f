import Foundation
import Glibc
import LinuxSystem
import Sampling
import Testing

@testable import Diagnosis

/// Answers of a kernel to a user, made up.
struct MadeUp {
  static let perfmon: UInt64 = 1 << 38
  static let everything: UInt64 = 1 << 38 | 1 << 21 | 1 << 34 | 1 << 19

  static func refused(
    _ code: Int32, paranoid: Int? = 2, kernel: Bool = false, seccomp: Bool = false,
    user: UInt32 = 65_534, namespace: Bool = false
  ) -> Grants.Answer {
    .refused(
      EventProbe.Refused(
        error: SystemCallError(call: "perf_event_open", code: code),
        refusal: Refusal(
          Refusal.Facts(
            code: code, paranoid: paranoid, user: user, userName: "nobody",
            inUserNamespace: namespace, seccompFilter: seccomp, ownEventGranted: kernel,
            targetUser: user, kernelDemanded: kernel))))
  }

  static func grants(
    user: Grants.Answer = .granted(.cpuClock), kernel: Grants.Answer = .granted(.cpuClock),
    effectiveUser: UInt32 = 65_534, capabilities: UInt64 = 0, namespace: Bool = false
  ) -> Grants {
    Grants(
      user: user, kernel: kernel, effectiveUser: effectiveUser, capabilities: capabilities,
      isInFirstUserNamespace: !namespace)
  }

  /// What a check found with them.
  static func look(
    _ name: String, _ grants: Grants, files: SystemFiles = SystemFiles()
  ) throws -> Finding {
    try finding(
      "profiler.\(name)",
      of: ProfilerChecks.all(Subject(files: files), grants: Shared { grants }))
  }
}

@Suite("What the kernel refuses is told with its name, its meaning and the line that mends it")
struct GrantTests {
  @Test(
    "each refusal of the event of an own process",
    arguments: [
      (
        EACCES, 3, false, "EACCES: kernel.perf_event_paranoid is 3",
        "sudo sysctl kernel.perf_event_paranoid=2"
      ),
      (EPERM, 2, true, "EPERM: a seccomp filter", "docker run --security-opt seccomp=unconfined"),
      (ENOSYS, 2, false, "ENOSYS: this kernel or sandbox has no perf_event_open", "docker run"),
      (ENOENT, 2, false, "ENOENT: this machine has no such event", "CONFIG_PERF_EVENTS=y"),
      (EOPNOTSUPP, 2, false, "EOPNOTSUPP: this machine has no such event", "CONFIG_PERF_EVENTS=y"),
      (EMFILE, 2, false, "EMFILE: too many threads", "ulimit -n"),
    ])
  func refusals(
    code: Int32, paranoid: Int, seccomp: Bool, observed: String, remedy: String
  ) throws {
    let grants = MadeUp.grants(
      user: MadeUp.refused(code, paranoid: paranoid, seccomp: seccomp),
      kernel: MadeUp.refused(code, paranoid: paranoid, seccomp: seccomp))
    let found = try MadeUp.look("own_process", grants)
    expect(found, .failed, observed)
    #expect(found.remedy?.line.contains(remedy) == true, "\(found)")
    // One cause is told once.
    for name in ["kernel_frames", "event", "other_users", "frequency", "rings", "trial", "target"] {
      #expect(try MadeUp.look(name, grants).status == .notApplicable, "\(name)")
    }
  }

  @Test("an event that the kernel does not know")
  func invalid() throws {
    let found = try MadeUp.look("own_process", MadeUp.grants(user: MadeUp.refused(EINVAL)))
    #expect(found.status == .failed && found.observed.contains("Linux 5.4"))
  }

  @Test("time in the kernel, for an ordinary user, root in a container, and in a user namespace")
  func kernel() throws {
    expect(try MadeUp.look("kernel_frames", MadeUp.grants()), .ok, "granted")
    let user = try MadeUp.look(
      "kernel_frames", MadeUp.grants(kernel: MadeUp.refused(EACCES, kernel: true)))
    expect(user, .warning, "EACCES: kernel.perf_event_paranoid is 2")
    #expect(user.remedy?.line == "sudo sysctl kernel.perf_event_paranoid=1")
    #expect(user.remedy?.alternatives.first?.hasPrefix("sudo setcap cap_perfmon") == true)
    #expect(user.remedy?.needsRoot == true && user.remedy?.isOwn == false)
    let root = try MadeUp.look(
      "kernel_frames",
      MadeUp.grants(kernel: MadeUp.refused(EACCES, kernel: true, user: 0), effectiveUser: 0))
    #expect(root.remedy?.alternatives.first?.hasPrefix("docker run --cap-add PERFMON") == true)
    let namespace = try MadeUp.look(
      "kernel_frames",
      MadeUp.grants(
        kernel: MadeUp.refused(EACCES, kernel: true, namespace: true), namespace: true))
    #expect(namespace.remedy?.line.hasSuffix("# on the host") == true)
    #expect(namespace.remedy?.alternatives.contains { $0.contains("setcap") } == false)
  }

  @Test("what makes a sample")
  func event() throws {
    expect(
      try MadeUp.look("event", MadeUp.grants(user: .granted(.cycles))), .ok, "hardware")
    expect(try MadeUp.look("event", MadeUp.grants()), .ok, "cpu-clock", "no hardware counter")
  }

  @Test("capabilities: none, all, some, of another namespace, and root without")
  func capabilities() throws {
    func look(_ grants: Grants) throws -> Finding { try MadeUp.look("capabilities", grants) }
    expect(try look(MadeUp.grants()), .notApplicable, "none")
    expect(try look(MadeUp.grants(capabilities: MadeUp.everything)), .ok, "CAP_PERFMON")
    let some = try look(MadeUp.grants(capabilities: MadeUp.perfmon))
    expect(some, .warning, "missing: CAP_SYSLOG, CAP_SYS_PTRACE")
    #expect(some.remedy?.line.hasPrefix("sudo setcap") == true)
    let root = try look(MadeUp.grants(effectiveUser: 0))
    expect(root, .warning, "none; missing: CAP_PERFMON, CAP_SYSLOG, CAP_SYS_PTRACE")
    #expect(root.remedy?.line.hasPrefix("docker run --cap-add PERFMON") == true)
    expect(
      try look(MadeUp.grants(effectiveUser: 0, capabilities: MadeUp.everything, namespace: true)),
      .notApplicable, "of this user namespace")
    // An older word for CAP_PERFMON.
    expect(
      try look(MadeUp.grants(capabilities: 1 << 21 | 1 << 34 | 1 << 19)), .ok, "CAP_SYS_ADMIN")
  }

  @Test("a user namespace, if it stands in the way")
  func namespace() throws {
    func look(_ grants: Grants) throws -> Finding { try MadeUp.look("user_namespace", grants) }
    expect(try look(MadeUp.grants()), .ok, "the machine's own")
    expect(try look(MadeUp.grants(namespace: true)), .ok, "another")
    expect(
      try look(MadeUp.grants(kernel: MadeUp.refused(EACCES, kernel: true), namespace: true)),
      .warning, "another than the machine's")
    #expect(Machine.isFirstUserNamespace(uidMap: "         0          0 4294967295"))
    #expect(!Machine.isFirstUserNamespace(uidMap: "0 1000 1"))
    #expect(!Machine.isFirstUserNamespace(uidMap: "0 100000 65536\n65536 0 1"))
    #expect(!Machine.isFirstUserNamespace(uidMap: ""))
    #expect(Machine.isFirstUserNamespace(uidMap: nil))
  }
}
