import Glibc
import LinuxSystem
import Sampling
import Testing

@Suite("A refusal names what refused and what mends it")
struct RefusalTests {
  private let perfmon: UInt64 = 1 << 38
  private let admin: UInt64 = 1 << 21

  @Test("every combination of facts has a reason, and a remedy where permission is missing")
  func combinations() {
    for code in [EACCES, EPERM, ENOSYS, EMFILE, ENFILE, EINVAL, ENOMEM, ESRCH, EBUSY, 0, -1, 9999] {
      for call in ["perf_event_open", "mmap"] {
        for paranoid in [nil, -1, 0, 1, 2, 3, 4, Int.max] {
          for capabilities in [0, perfmon, admin] {
            for flags in 0..<16 {
              let facts = Refusal.Facts(
                code: code, call: call, paranoid: paranoid,
                maximumRate: flags & 1 == 0 ? nil : 50, user: 65534, userName: "nobody",
                capabilities: capabilities, seccompFilter: flags & 2 != 0,
                ownEventGranted: flags & 4 != 0, targetID: 12,
                targetUser: flags & 8 != 0 ? 0 : 65534, targetUserName: "root",
                kernelDemanded: flags & 1 != 0, executable: "/opt/lynx")
              expectSentence(Refusal(facts), facts)
            }
          }
        }
      }
    }
  }

  private func expectSentence(_ refusal: Refusal, _ facts: Refusal.Facts) {
    #expect(!refusal.reason.isEmpty && !refusal.reason.hasSuffix("."), "\(facts)")
    #expect(!refusal.reason.contains("\n") && !refusal.reason.contains("Optional"), "\(facts)")
    if refusal.isPermission { #expect(!refusal.remedies.isEmpty, "\(facts)") }
    #expect(refusal.remedies.allSatisfy { !$0.isEmpty && !$0.contains("\n") }, "\(facts)")
    #expect(
      refusal.isPermission == [EACCES, EPERM, ENOSYS].contains(facts.code), "\(facts)")
  }

  private func refusal(
    _ code: Int32 = EACCES, call: String = "perf_event_open", paranoid: Int? = 2,
    capabilities: UInt64 = 0, seccomp: Bool = false, own: Bool = true, owner: UInt32? = 65534,
    kernel: Bool = false, frequency: Int = 99, maximumRate: Int? = 100_000, files: Int = 1024
  ) -> Refusal {
    Refusal(
      Refusal.Facts(
        code: code, call: call, paranoid: paranoid, maximumRate: maximumRate, user: 65534,
        userName: "nobody", capabilities: capabilities, seccompFilter: seccomp,
        ownEventGranted: own, targetID: 12, targetUser: owner, targetUserName: "root",
        kernelDemanded: kernel, frequency: frequency, executable: "/opt/lynx",
        openFileLimit: files))
  }

  @Test("the setting that closes perf_event_open altogether")
  func closed() {
    let refusal = refusal(paranoid: 3, seccomp: true, own: false)
    #expect(refusal.reason.contains("kernel.perf_event_paranoid is 3"))
    #expect(refusal.remedies.first == "sudo sysctl kernel.perf_event_paranoid=2")
    #expect(
      refusal.remedies.contains("sudo setcap cap_perfmon,cap_sys_ptrace,cap_syslog=ep /opt/lynx"))
  }

  @Test("a seccomp filter, also when a capability or the setting would do")
  func seccomp() {
    for refusal in [
      refusal(EPERM, seccomp: true, own: false),
      refusal(EPERM, paranoid: 3, capabilities: perfmon, seccomp: true, own: false),
      refusal(EPERM, paranoid: nil, seccomp: true, own: false),
    ] {
      #expect(refusal.reason.contains("seccomp"))
      #expect(refusal.remedies.contains { $0.contains("--security-opt seccomp=unconfined") })
    }
  }

  @Test("a security module, when nothing else is in the way")
  func securityModule() {
    let refusal = refusal(paranoid: nil, own: false)
    #expect(refusal.reason.contains("security module"))
    #expect(refusal.reason.contains("unreadable"))
  }

  @Test("another user's process")
  func otherUser() {
    let refusal = refusal(owner: 0)
    #expect(refusal.reason.contains("process 12 belongs to user root; user nobody may"))
    #expect(refusal.remedies.first == "sudo /opt/lynx profile --pid 12")
  }

  @Test("kernel frames that were demanded, and not when they are allowed")
  func kernel() {
    let demanded = refusal(kernel: true)
    #expect(demanded.reason.contains("kernel frames need 1 or less"))
    #expect(demanded.remedies.first == "sudo sysctl kernel.perf_event_paranoid=1")
    #expect(!refusal(paranoid: 1, kernel: true).reason.contains("kernel frames"))
    #expect(!refusal(capabilities: admin, kernel: true).reason.contains("kernel frames"))
  }

  @Test("limits: files, locked memory, the frequency")
  func limits() {
    let files = refusal(EMFILE, files: 64)
    #expect(files.reason.contains("64 open files") && !files.isPermission)
    #expect(files.remedies.first?.hasPrefix("ulimit -n") == true)
    let locked = refusal(EPERM, call: "mmap")
    #expect(locked.reason.contains("locked memory"))
    #expect(locked.remedies.first?.hasPrefix("ulimit -l") == true)
    let rate = refusal(EINVAL, frequency: 100_001)
    #expect(rate.reason.contains("perf_event_max_sample_rate (100000)"))
    #expect(rate.remedies == ["sudo sysctl kernel.perf_event_max_sample_rate=100001"])
    #expect(refusal(EINVAL).reason.contains("Linux 5.4"))
  }
}
