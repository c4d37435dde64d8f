import Foundation
import Glibc
import Testing

/// What this machine lets tests do.
enum Machine {
  static let isRoot = geteuid() == 0

  static let cpuCount = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

  static func setting(_ name: String) -> Int? {
    (try? String(contentsOfFile: "/proc/sys/kernel/\(name)", encoding: .utf8))
      .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  /// Whether an ordinary user may not see the kernel's part here.
  static let hidesKernel = (setting("perf_event_paranoid") ?? 2) >= 2

  /// What makes a command an ordinary user's: nothing if this is one.
  static let asOrdinaryUser =
    isRoot ? ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] : []

  static let ordinaryUser =
    isRoot ? "nobody" : getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "?"

  /// Whether the kernel lets a program watch itself. Where it does not, no profiler can be tested:
  /// that is said, and in continuous integration it is a failure of every test.
  static let grantsSampling: Bool = {
    let isGranted = canSample()
    if !isGranted {
      warn("NOT TRIED: every test of recording, because the kernel refuses perf_event_open here")
    }
    return isGranted || ProcessInfo.processInfo.environment["CI"] != nil
  }()

  /// Whether tests run as root; if not, says what is not tried.
  static func isRoot(for what: String) -> Bool {
    if !isRoot { warn("NOT TRIED: \(what), because these tests do not run as root") }
    return isRoot
  }

  static func warn(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  private static func canSample() -> Bool {
    guard let directory = try? Scratch(),
      let run = try? Launched(
        [Lynx.path, "profile", "--no-artifact", "-o", "x.folded", "-d", "9ms", "--", "sleep", "1"],
        in: directory)
    else { return true }
    // A sleeper gives no samples: 1. What is not permitted is 77.
    return run.wait().status != 77
  }
}
