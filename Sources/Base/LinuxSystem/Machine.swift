internal import CLinuxShims
internal import Glibc

/// Facts about this machine and settings of its kernel.
public enum Machine {
  /// The numbers of the CPUs that are online.
  public static var onlineCPUs: [Int32] {
    let text = readText("/sys/devices/system/cpu/online") ?? ""
    var found: [Int32] = []
    for part in text.split(separator: ",") {
      let ends = part.split(separator: "-").compactMap { Int32($0) }
      if let first = ends.first, let last = ends.last, first <= last, last < 65_536 {
        found.append(contentsOf: first...last)
      }
    }
    if !found.isEmpty { return found }
    return Array(0..<Int32(clamping: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  }

  /// On how many CPUs this process may run (sched_getaffinity(2)).
  public static var usableCPUCount: Int {
    let count = Int(lynx_usable_cpu_count())
    return count > 0 ? count : onlineCPUs.count
  }

  /// A number under /proc/sys, such as `kernel.perf_event_paranoid`.
  public static func setting(_ name: String) -> Int? {
    readText("/proc/sys/" + String(name.map { $0 == "." ? "/" : $0 })).flatMap { Int($0) }
  }

  /// The effective user of this process.
  public static var effectiveUser: UInt32 { geteuid() }

  /// The name of a user, or its number.
  public static func userName(_ user: UInt32) -> String {
    guard let entry = getpwuid(user), let name = entry.pointee.pw_name else { return "\(user)" }
    return String(cString: name)
  }

  /// The path this process was started from, as the kernel knows it.
  public static var ownExecutable: String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0 else { return "lynx" }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// How many files this process might have open when it first asked: what programs it starts are
  /// to be given, since those that use `select` trap beyond 1024.
  static let initialOpenFileLimit = UInt64(clamping: openFileLimit)

  /// Raises the soft limit of open files to the hard one.
  public static func raiseOpenFileLimit() {
    _ = initialOpenFileLimit
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
      limit.rlim_cur < limit.rlim_max
    else { return }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  /// Lets this thread be scheduled soon after it wakes, though many others want to run. Programs
  /// started later would inherit it.
  public static func preferShortTurns() {
    _ = lynx_prefer_short_turns(-20)
  }

  /// Has this thread woken up as soon as its time has come, not up to 50 µs later.
  public static func wakeOnTime() { lynx_wake_on_time() }

  /// How many files this process may have open.
  public static var openFileLimit: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    return Int(clamping: limit.rlim_cur)
  }

  /// How many bytes of memory this process may lock: now, and at most if it asks for more
  /// (RLIMIT_MEMLOCK).
  public static var lockedMemoryLimit: (soft: Int, hard: Int) {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0 else {
      return (0, 0)
    }
    return (Int(clamping: limit.rlim_cur), Int(clamping: limit.rlim_max))
  }

  /// Whether this process is in the machine's own user namespace, where alone its capabilities count for
  /// what belongs to the whole machine. `uidMap` is what /proc/self/uid_map says.
  public static func isFirstUserNamespace(uidMap: String?) -> Bool {
    guard let uidMap else { return true }
    return uidMap.split(whereSeparator: \.isWhitespace).map(String.init) == [
      "0", "0", "4294967295",
    ]
  }

  /// Release of the kernel, as `uname -r`.
  public static var kernelRelease: String { readText("/proc/sys/kernel/osrelease") ?? "" }

  /// What results depend on, by name: `kernel`, `cpus` and `cpu`, its model.
  public static var facts: [String: String] {
    let model =
      (readText("/proc/cpuinfo") ?? "").split(separator: "\n")
      .first { $0.hasPrefix("model name") }?.split(separator: ":").last.map(String.init) ?? ""
    return [
      "kernel": kernelRelease, "cpus": "\(usableCPUCount)",
      "cpu": model.hasPrefix(" ") ? String(model.dropFirst()) : model,
    ]
  }
}
