internal import Glibc
public import LinuxSystem

/// A refused perf_event_open(2): what refused it, and the lines that mend it.
public struct Refusal: Sendable, Equatable {
  /// One sentence: what was refused, by what.
  public let reason: String
  /// Commands (or settings) that mend it, the least far-reaching first.
  public let remedies: [String]
  /// Whether it is a matter of permission; otherwise the request itself cannot be met.
  public let isPermission: Bool
  /// Whether a value that was asked for is more than this machine takes.
  public let isBadRequest: Bool

  /// What a verdict is made from. Gathered apart from judging it, so that every combination can be
  /// tried without a machine that has it.
  public struct Facts: Sendable, Equatable {
    public var code: Int32
    public var call: String
    /// `kernel.perf_event_paranoid`, nil if it cannot be read.
    public var paranoid: Int?
    /// `kernel.perf_event_max_sample_rate`.
    public var maximumRate: Int?
    public var user: UInt32
    public var userName: String
    public var capabilities: UInt64
    /// Whether capabilities are those of another user namespace than the machine's: worth nothing here.
    public var inUserNamespace: Bool
    public var seccompFilter: Bool
    /// Whether a user-only event on this very process is granted.
    public var ownEventGranted: Bool
    public var targetID: ProcessID
    public var targetUser: UInt32?
    public var targetUserName: String
    public var kernelDemanded: Bool
    public var frequency: Int
    public var executable: String
    public var openFileLimit: Int

    public init(
      code: Int32, call: String = "perf_event_open", paranoid: Int?, maximumRate: Int? = nil,
      user: UInt32, userName: String = "", capabilities: UInt64 = 0, inUserNamespace: Bool = false,
      seccompFilter: Bool = false, ownEventGranted: Bool = true, targetID: ProcessID = 1,
      targetUser: UInt32? = nil,
      targetUserName: String = "", kernelDemanded: Bool = false, frequency: Int = 99,
      executable: String = "lynx", openFileLimit: Int = 1024
    ) {
      self.code = code
      self.call = call
      self.paranoid = paranoid
      self.maximumRate = maximumRate
      self.user = user
      self.userName = userName
      self.capabilities = capabilities
      self.inUserNamespace = inUserNamespace
      self.seccompFilter = seccompFilter
      self.ownEventGranted = ownEventGranted
      self.targetID = targetID
      self.targetUser = targetUser
      self.targetUserName = targetUserName
      self.kernelDemanded = kernelDemanded
      self.frequency = frequency
      self.executable = executable
      self.openFileLimit = openFileLimit
    }

    /// CAP_PERFMON or CAP_SYS_ADMIN (linux/capability.h).
    var mayProfileAnything: Bool {
      !inUserNamespace && Self.mayProfileAnything(capabilities)
    }

    static func mayProfileAnything(_ capabilities: UInt64) -> Bool {
      capabilities & (1 << 38) != 0 || capabilities & (1 << 21) != 0
    }
  }

  public init(_ facts: Facts) {
    switch facts.code {
    case EACCES, EPERM:
      self = Self.permission(facts)
    case ENOSYS:
      self.init(
        "this kernel or sandbox has no perf_event_open (function not implemented)",
        [
          "docker run --security-opt seccomp=unconfined --cap-add PERFMON …   # in a container",
          "a kernel with CONFIG_PERF_EVENTS=y                                 # elsewhere",
        ], isPermission: true)
    case EMFILE, ENFILE:
      self.init(
        "too many threads for \(facts.openFileLimit) open files: each thread needs one event for"
          + " each CPU",
        ["ulimit -n 1048576        # then start lynx from the same shell"], isPermission: false)
    case EINVAL:
      if let rate = facts.maximumRate, facts.frequency > rate {
        self.init(
          "\(facts.frequency) Hz is more than kernel.perf_event_max_sample_rate (\(rate)) allows",
          ["sudo sysctl kernel.perf_event_max_sample_rate=\(facts.frequency)"],
          isPermission: false, isBadRequest: true)
      } else {
        self.init(
          "the kernel does not know an option of this event (invalid argument); Linux 5.4 or newer"
            + " is needed", [], isPermission: false)
      }
    case ENOENT, EOPNOTSUPP, ENODEV:
      self.init(
        "this machine has no such event: neither a hardware counter nor the kernel's CPU clock",
        ["a kernel with CONFIG_PERF_EVENTS=y"], isPermission: false)
    case EOVERFLOW:
      self.init(
        "call chains are limited to fewer frames than were asked for (kernel.perf_event_max_stack)",
        ["sudo sysctl kernel.perf_event_max_stack=127"], isPermission: false, isBadRequest: true)
    case ENOMEM:
      self.init(
        "the kernel has no memory for the sample rings (\(facts.call))",
        ["ulimit -l unlimited"], isPermission: false)
    default:
      self.init(
        "\(facts.call) failed: \(String(cString: strerror(facts.code)))", [], isPermission: false)
    }
  }

  private init(
    _ reason: String, _ remedies: [String], isPermission: Bool, isBadRequest: Bool = false
  ) {
    self.isBadRequest = isBadRequest
    self.reason = reason
    self.remedies = remedies
    self.isPermission = isPermission
  }

  private static func permission(_ facts: Facts) -> Refusal {
    let capabilityLine = facts.capabilityLine
    if facts.call == "mmap" {
      return Refusal(
        "the sample rings do not fit into the locked memory this user may have",
        ["ulimit -l 8192", "sudo sysctl kernel.perf_event_mlock_kb=2048"], isPermission: true)
    }
    // A process may always watch itself in user mode unless all of perf_event_open is closed.
    if !facts.ownEventGranted {
      if let paranoid = facts.paranoid, paranoid > 2, !facts.mayProfileAnything {
        return Refusal(
          "kernel.perf_event_paranoid is \(paranoid), which closes perf_event_open to users"
            + " without CAP_PERFMON",
          [facts.settingLine("kernel.perf_event_paranoid=2"), capabilityLine], isPermission: true)
      }
      if facts.seccompFilter {
        return Refusal(
          "a seccomp filter refuses perf_event_open, as containers do by default",
          [
            "docker run --security-opt seccomp=unconfined --cap-add PERFMON …",
            "podman run --security-opt seccomp=unconfined --cap-add CAP_PERFMON …",
          ], isPermission: true)
      }
      return Refusal(
        "a security module or kernel lockdown refuses perf_event_open even on lynx itself"
          + " (kernel.perf_event_paranoid is \(facts.paranoid.map(String.init) ?? "unreadable"))",
        [capabilityLine, "cat /sys/kernel/security/lsm /sys/kernel/security/lockdown"],
        isPermission: true)
    }
    if let owner = facts.targetUser, owner != facts.user, !facts.mayProfileAnything {
      return Refusal(
        "process \(facts.targetID) belongs to user \(facts.targetUserName); user \(facts.userName) may"
          + " profile no process but those of \(facts.userName) (CAP_PERFMON is missing)",
        facts.asRootLines + [capabilityLine], isPermission: true)
    }
    if facts.kernelDemanded, !facts.mayProfileAnything, let paranoid = facts.paranoid, paranoid > 1
    {
      return Refusal(
        "kernel.perf_event_paranoid is \(paranoid): kernel frames need 1 or less, or CAP_PERFMON",
        [
          facts.settingLine("kernel.perf_event_paranoid=1"), capabilityLine,
          "\(facts.executable) profile --kernel no …   # without the kernel's part",
        ], isPermission: true)
    }
    return Refusal(
      "process \(facts.targetID) may not be watched by \(facts.userName): it runs with more"
        + " privileges than its user, in another user namespace, or is marked undumpable",
      facts.asRootLines.isEmpty ? [capabilityLine] : facts.asRootLines, isPermission: true)
  }

  init(
    error: SystemCallError, thread: ProcessID, request: PerfEventRequest,
    settings: SamplingSettings
  ) {
    let own = Processes.ownStatus
    let status = Processes.status(of: thread)
    let user = Machine.effectiveUser
    var ownRequest = request
    ownRequest.excludeKernel = true
    ownRequest.counter = .cpuClock
    ownRequest.frequency = 1
    ownRequest.fields = [.instructionPointer, .thread, .time, .period]
    ownRequest.startsAtExec = true
    let granted: Bool
    do throws(SystemCallError) {
      _ = try PerfEvent(ownRequest, thread: 0, cpu: Machine.onlineCPUs[0])
      granted = true
    } catch {
      granted = false
    }
    self.init(
      Facts(
        code: error.code, call: error.call,
        paranoid: Machine.setting("kernel.perf_event_paranoid"),
        maximumRate: Machine.setting("kernel.perf_event_max_sample_rate"),
        user: user, userName: Machine.userName(user),
        capabilities: own?.effectiveCapabilities ?? 0,
        inUserNamespace: !Machine.isFirstUserNamespace(uidMap: readText("/proc/self/uid_map")),
        seccompFilter: (own?.seccompMode ?? 0) != 0, ownEventGranted: granted,
        targetID: status?.threadGroup ?? thread, targetUser: status?.effectiveUser,
        targetUserName: status.map { Machine.userName($0.effectiveUser) } ?? "another user",
        kernelDemanded: settings.kernel == .yes, frequency: settings.frequency,
        executable: shellWord(Machine.ownExecutable), openFileLimit: Machine.openFileLimit))
  }

  /// What is said when the kernel's part is left out.
  static func kernelNote() -> String {
    let paranoid = Machine.setting("kernel.perf_event_paranoid").map { " is \($0)" } ?? ""
    return "time in the kernel is not seen: kernel.perf_event_paranoid\(paranoid) and this user"
      + " lacks CAP_PERFMON (sudo sysctl kernel.perf_event_paranoid=1)"
  }
}
