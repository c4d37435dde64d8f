internal import LinuxSystem
internal import Sampling

/// Whether the process of `--pid` can be profiled: its event, and what its addresses are explained by.
enum TargetFinding {
  static func find(_ pid: Int32?, _ grants: Grants) -> Finding {
    guard let pid else { return Finding(.notApplicable, "--pid names none") }
    guard let status = Processes.status(of: pid) else {
      return Finding(
        .failed, "there is no process \(pid)", expected: "a process that runs",
        remedy: Remedy("pgrep -a NAME   # finds one"))
    }
    guard status.threadGroup == pid else {
      return Finding(
        .failed, "\(pid) is a thread of process \(status.threadGroup)", expected: "a process",
        remedy: Remedy("lynx profile --pid \(status.threadGroup)"))
    }
    let who = "\(status.name), of \(Machine.userName(status.effectiveUser))"
    guard Processes.isAlive(pid) else {
      return Finding(.failed, "\(who): it has ended", expected: "a process that runs")
    }
    guard grants.counter != nil else { return .withoutEvents }
    do throws(EventProbe.Refused) {
      _ = try EventProbe.open(thread: pid, settings: SamplingSettings())
    } catch {
      return Finding(
        .failed, "\(who): \(error.sentence)", expected: "its events are granted",
        remedy: Remedy(error.refusal))
    }
    do throws(SystemCallError) {
      _ = try readFile("/proc/\(pid)/maps")
    } catch {
      return Finding(
        .failed, "\(who): its addresses will have no names: \(error.name) at /proc/\(pid)/maps",
        expected: "it can be read: the same user, or CAP_SYS_PTRACE where nothing forbids it",
        remedy: grants.mayProfileAnything && grants.has(.sysPtrace)
          ? Remedy("profile another process: this one is kept from all others")
          : Remedy(
            "sudo \(shellWord(Machine.ownExecutable)) profile --pid \(pid)", needsRoot: true,
            alternatives: [grants.capabilityRemedy.line]))
    }
    guard Processes.mappings(of: pid).contains(where: \.isExecutable) else {
      return Finding(
        .warning, "\(who): no program is mapped: it is the kernel's own, or about to end",
        expected: "a program", remedy: Remedy("pgrep -a NAME   # finds another"))
    }
    if status.state == "T" || status.state == "t" {
      return Finding(
        .warning, "\(who): it is stopped", expected: "it runs",
        remedy: Remedy("kill -CONT \(pid)"))
    }
    let threads = Processes.threads(of: pid).count
    return Finding(
      .ok,
      "\(who), \(threads) thread\(threads == 1 ? "" : "s"): its events and its maps can be had")
  }
}
