internal import LinuxSystem
internal import Sampling

/// What the kernel answered when it was asked for events of this very process, and who asked.
struct Grants: Sendable {
  enum Answer: Sendable {
    case granted(PerfEventRequest.Counter)
    case refused(EventProbe.Refused)
  }

  /// Without the kernel's part.
  var user: Answer
  /// With it.
  var kernel: Answer
  var effectiveUser: UInt32
  /// A mask of CAP_* (linux/capability.h).
  var capabilities: UInt64
  /// Whether /proc told them.
  var knowsCapabilities = true
  /// Whether they are worth something to the machine.
  var isInFirstUserNamespace: Bool

  static func asked(_ files: SystemFiles) -> Grants {
    let status = Processes.ownStatus
    return Grants(
      user: ask(.no), kernel: ask(.yes), effectiveUser: Machine.effectiveUser,
      capabilities: status?.effectiveCapabilities ?? 0, knowsCapabilities: status != nil,
      isInFirstUserNamespace: Machine.isFirstUserNamespace(
        uidMap: files.text("/proc/self/uid_map")))
  }

  private static func ask(_ kernel: KernelSampling) -> Answer {
    do throws(EventProbe.Refused) {
      return .granted(
        try EventProbe.open(
          thread: Processes.ownID, settings: SamplingSettings(kernel: kernel)
        ).counter)
    } catch {
      return .refused(error)
    }
  }

  /// The event of a process's user part; nil if the kernel refuses events altogether.
  var counter: PerfEventRequest.Counter? {
    guard case .granted(let counter) = user else { return nil }
    return counter
  }

  var seesKernel: Bool {
    guard case .granted = kernel else { return false }
    return true
  }

  /// Whether capabilities let it pass where the setting does not.
  var mayProfileAnything: Bool {
    isInFirstUserNamespace && (has(.perfmon) || has(.sysAdmin))
  }

  func has(_ capability: Capability) -> Bool {
    capabilities & (1 << UInt64(capability.rawValue)) != 0
  }
}

/// The capabilities that matter to a profiler (linux/capability.h).
enum Capability: Int, CaseIterable {
  case perfmon = 38
  case sysAdmin = 21
  case syslog = 34
  case sysPtrace = 19

  var name: String {
    switch self {
    case .perfmon: "CAP_PERFMON"
    case .sysAdmin: "CAP_SYS_ADMIN"
    case .syslog: "CAP_SYSLOG"
    case .sysPtrace: "CAP_SYS_PTRACE"
    }
  }
}

extension Grants {
  /// The line that gives this user what a profiler needs.
  var capabilityRemedy: Remedy {
    Remedy(
      Refusal.capabilityLine(
        executable: shellWord(Machine.ownExecutable), user: effectiveUser,
        inUserNamespace: !isInFirstUserNamespace), needsRoot: true)
  }

  /// A line that changes a setting of the kernel; `orCapability` if the capability does as well.
  func settingRemedy(_ setting: String, orCapability: Bool = false) -> Remedy {
    Remedy(
      Refusal.settingLine(setting, inUserNamespace: !isInFirstUserNamespace), needsRoot: true,
      alternatives: orCapability ? [capabilityRemedy.line] : [])
  }
}

extension Remedy {
  /// What mends a refusal; nil if nothing does.
  init?(_ refusal: Refusal) {
    guard let first = refusal.remedies.first else { return nil }
    self.init(
      first, needsRoot: first.hasPrefix("sudo "),
      alternatives: Array(refusal.remedies.dropFirst()))
  }
}

extension EventProbe.Refused {
  /// `EACCES: why`.
  var sentence: String { "\(error.name): \(refusal.reason)" }
}

extension SystemCallError {
  /// `EACCES (permission denied)`.
  var sentence: String { "\(name) (\(reason.lowercased()))" }
}

extension Finding {
  /// Of what there is no need to ask when events are refused altogether.
  static let withoutEvents = Finding(.notApplicable, "no events are granted at all")
}
