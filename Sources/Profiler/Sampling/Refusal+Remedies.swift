extension Refusal {
  /// The line that gives Lynx the capabilities of a profiler. Those of another user namespace than the
  /// machine's are worth nothing, and root without them is root in a container.
  public static func capabilityLine(
    executable: String, user: UInt32, inUserNamespace: Bool
  ) -> String {
    if inUserNamespace {
      return "sudo lynx profile …   # on the host, outside of this user namespace"
    }
    if user == 0 {
      return
        "docker run --cap-add PERFMON --cap-add SYSLOG --cap-add SYS_PTRACE …   # to start the container"
    }
    return "sudo setcap cap_perfmon,cap_sys_ptrace,cap_syslog=ep \(executable)"
  }

  /// The line that changes a setting of the kernel, such as `kernel.kptr_restrict=1`.
  public static func settingLine(_ setting: String, inUserNamespace: Bool) -> String {
    "sudo sysctl \(setting)" + (inUserNamespace ? "   # on the host" : "")
  }
}

extension Refusal.Facts {
  var capabilityLine: String {
    Refusal.capabilityLine(
      executable: executable, user: user, inUserNamespace: inUserNamespace)
  }

  func settingLine(_ setting: String) -> String {
    Refusal.settingLine(setting, inUserNamespace: inUserNamespace)
  }

  /// The same as root; nothing where this is root already, of whatever kind.
  var asRootLines: [String] {
    user == 0 || inUserNamespace ? [] : ["sudo \(executable) profile --pid \(targetID)"]
  }
}
