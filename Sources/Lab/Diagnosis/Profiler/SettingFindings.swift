internal import LinuxSystem
internal import Symbols

/// Settings that explain what the kernel grants. Whether it does is asked by others: these are at fault only
/// where they are what stands in the way.
enum SettingFindings {
  static func paranoid(_ files: SystemFiles, _ grants: Grants) -> Finding {
    guard let value = files.number("/proc/sys/kernel/perf_event_paranoid") else {
      return Finding(.notApplicable, "not there: a kernel without perf events, or a sandbox")
    }
    let meaning =
      switch value {
      case ..<0: "everything, and memory for rings without limit"
      case 0: "everything but raw tracepoints"
      case 1: "own processes with the kernel's part"
      case 2: "own processes without the kernel's part"
      default: "closed to users, on Debian and Ubuntu; elsewhere as 2"
      }
    let text = "\(value): \(meaning)"
    if value > 1, grants.mayProfileAnything {
      return Finding(.ok, "\(text); CAP_PERFMON passes it")
    }
    if value > 2 {
      if grants.counter != nil {
        return Finding(.ok, "\(value): as 2, own processes without the kernel's part")
      }
      return Finding(
        .failed, text, expected: "2 or less, or CAP_PERFMON",
        remedy: grants.settingRemedy("kernel.perf_event_paranoid=2", orCapability: true))
    }
    return Finding(.ok, text)
  }

  static func capabilities(_ grants: Grants) -> Finding {
    guard grants.knowsCapabilities else {
      return Finding(.notApplicable, "/proc/self/status cannot be read; see open files")
    }
    let held = Capability.allCases.filter { grants.has($0) }
    let names = held.map(\.name).joined(separator: ", ")
    if held.isEmpty, grants.effectiveUser != 0 {
      return Finding(.notApplicable, "none; own processes need none")
    }
    guard grants.isInFirstUserNamespace else {
      return Finding(
        .notApplicable,
        "\(held.isEmpty ? "none" : names), of this user namespace: not asked for by the kernel")
    }
    // CAP_SYS_ADMIN is an older word for CAP_PERFMON, and not for the others.
    var missing: [Capability] = []
    if !grants.mayProfileAnything { missing.append(.perfmon) }
    if !grants.has(.syslog) { missing.append(.syslog) }
    if !grants.has(.sysPtrace) { missing.append(.sysPtrace) }
    guard !missing.isEmpty else { return Finding(.ok, names) }
    return Finding(
      .warning,
      (held.isEmpty ? "none" : names) + "; missing: "
        + missing.map(\.name).joined(separator: ", "),
      expected:
        "CAP_PERFMON for any process, CAP_SYSLOG for names in the kernel, CAP_SYS_PTRACE for the"
        + " files of others",
      remedy: grants.capabilityRemedy)
  }

  static func userNamespace(_ grants: Grants) -> Finding {
    if grants.isInFirstUserNamespace { return Finding(.ok, "the machine's own") }
    let text = "another than the machine's: capabilities are worth nothing to perf events"
    if grants.seesKernel { return Finding(.ok, text) }
    return Finding(
      .warning, text,
      expected: "the machine's own, for the kernel's part and other users' processes",
      remedy: Remedy("run lynx outside of it, on the host: sudo lynx profile --pid PID"))
  }

  static func lockdown(_ files: SystemFiles) -> Finding {
    guard let text = files.text("/sys/kernel/security/lockdown") else {
      return Finding(.notApplicable, "this kernel has none, or does not say")
    }
    let chosen = text.split(separator: " ").first { $0.hasPrefix("[") && $0.hasSuffix("]") }
    guard let level = chosen?.dropFirst().dropLast() else {
      return Finding(.notApplicable, "not understood: \(text)")
    }
    // LOCKDOWN_PERF refuses registers at interrupts alone (security_locked_down in kernel/events/core.c).
    return Finding(
      .ok, level == "none" ? "none" : "\(level): refuses nothing that lynx profile asks for")
  }

  static func ptraceScope(_ files: SystemFiles) -> Finding {
    guard let value = files.number("/proc/sys/kernel/yama/ptrace_scope") else {
      return Finding(.notApplicable, "this kernel has no Yama")
    }
    // It restricts attaching (PTRACE_MODE_ATTACH); events and maps need PTRACE_MODE_READ.
    return Finding(
      .ok, value == 0 ? "0" : "\(value): for debuggers; lynx profile stops and reads no process")
  }

  static func kernelNames(_ files: SystemFiles, _ grants: Grants) -> Finding {
    let symbols = KernelSymbols.read(from: files.path("/proc/kallsyms"))
    if symbols.problem == nil, symbols.count > 0 {
      return Finding(.ok, "/proc/kallsyms shows where \(symbols.count) functions are")
    }
    let restriction = files.number("/proc/sys/kernel/kptr_restrict")
    let expected = "addresses in /proc/kallsyms"
    let reason = symbols.problem ?? "/proc/kallsyms has no functions"
    guard let restriction else { return Finding(.warning, reason, expected: expected) }
    let text = "\(reason.replacingSetting(restriction))"
    let remedy =
      switch restriction {
      case 2...: grants.settingRemedy("kernel.kptr_restrict=1")
      case 1:
        grants.settingRemedy(
          "kernel.kptr_restrict=0 kernel.perf_event_paranoid=1", orCapability: true)
      // At 0 they are shown to those who may see the kernel's part (kallsyms_show_value).
      default: grants.settingRemedy("kernel.perf_event_paranoid=1", orCapability: true)
      }
    return Finding(.warning, text, expected: expected, remedy: remedy)
  }
}

extension String {
  /// The reason with the value of the setting it names.
  fileprivate func replacingSetting(_ value: Int) -> String {
    guard hasSuffix("(kernel.kptr_restrict)") else { return self }
    return dropLast(1) + " is \(value))"
  }
}
