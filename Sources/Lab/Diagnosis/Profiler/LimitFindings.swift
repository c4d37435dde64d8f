internal import LinuxSystem
internal import Sampling

/// Whether there is room for the events of a recording.
enum LimitFindings {
  /// A ring for each CPU, mapped as a recording maps them.
  static func rings(_ grants: Grants) -> Finding {
    guard grants.counter != nil else { return .withoutEvents }
    let cpus = Machine.onlineCPUs.count
    let wanted = SamplingPlan.wantedRingBytes
    let expected = "\(wanted >> 20) MiB for each of \(cpus) CPUs"
    let granted: Int
    do throws(SamplingError) {
      granted = try SamplingSession(
        target: .threads([Processes.ownID]), settings: SamplingSettings()
      ).plan.ringBytes
    } catch {
      guard case .refused(let refusal) = error else {
        return Finding(.warning, "this process could not be sampled", expected: expected)
      }
      return Finding(.failed, refusal.reason, expected: expected, remedy: ringRemedy(cpus))
    }
    if granted >= wanted { return Finding(.ok, expected) }
    return Finding(
      .warning,
      "\(granted >> 10) KiB for each of \(cpus) CPUs: locked memory is limited"
        + " (ulimit -l \(Machine.lockedMemoryLimit.soft >> 10),"
        + " kernel.perf_event_mlock_kb=\(Machine.setting("kernel.perf_event_mlock_kb") ?? 0))",
      expected: expected, remedy: ringRemedy(cpus))
  }

  /// A ring's first page is the kernel's. What a user may lock for rings is so much a CPU, and beyond that
  /// what the process may lock (perf_mmap in kernel/events/core.c).
  private static func ringRemedy(_ cpus: Int) -> Remedy {
    let kilobytes = SamplingPlan.wantedRingBytes >> 10 + 4
    let setting = "sudo sysctl kernel.perf_event_mlock_kb=\(kilobytes)"
    let lent = Machine.setting("kernel.perf_event_mlock_kb") ?? 0
    let own = max(0, kilobytes - lent) * cpus
    return Machine.lockedMemoryLimit.hard >> 10 >= own
      ? Remedy(
        "ulimit -l \(own)   # then start lynx from the same shell", alternatives: [setting])
      : Remedy(setting, needsRoot: true)
  }

  /// As many threads as a busy server has.
  private static let manyThreads = 250

  /// Counted, not tried: what is opened here would be missing to the checks that run beside it.
  static func openFiles(_ subject: Subject, _ grants: Grants) -> Finding {
    guard grants.counter != nil else { return .withoutEvents }
    let cpus = Machine.onlineCPUs.count
    let limit = Machine.openFileLimit
    let threads = subject.pid.map { Processes.threads(of: $0).count } ?? 0
    // Beside its events, lynx has the files of modules open.
    let room = max(0, (limit - 64) / cpus)
    let text = "\(limit): room for the events of \(room) threads on \(cpus) CPUs"
    if threads > room {
      return Finding(
        .failed, "\(text); process \(subject.pid ?? 0) has \(threads)",
        expected: "an event for each thread on each CPU", remedy: fileRemedy(threads * cpus + 64))
    }
    if room < manyThreads {
      return Finding(
        .warning, text, expected: "room for \(manyThreads) threads",
        remedy: fileRemedy(manyThreads * cpus + 64))
    }
    return Finding(.ok, text)
  }

  /// Lynx raises its soft limit by itself: this is the hard one.
  private static func fileRemedy(_ needed: Int) -> Remedy {
    Remedy(
      "sudo prlimit --nofile=\(max(needed, 4096)):\(max(needed, 4096)) --pid $$"
        + "   # then start lynx from the same shell", needsRoot: true)
  }
}
