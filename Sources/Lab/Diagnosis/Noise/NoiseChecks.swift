internal import LinuxSystem

/// What makes two runs of the same measurement differ on this machine.
public enum NoiseChecks {
  /// All of them, in the order people read them. They are tried one after another while nothing else is: the
  /// first that needs to see the machine for a while waits for all of them.
  public static func all(_ subject: Subject) -> [Check] {
    all(subject.files, interval: Shared { MachineInterval.watched(subject.files) })
  }

  static func all(_ files: SystemFiles, interval: Shared<MachineInterval>) -> [Check] {
    func check(
      _ name: String, _ title: String, _ probe: @escaping @Sendable () -> Finding
    ) -> Check {
      Check(
        id: "noise.\(name)", group: .noise, title: title, deadline: .seconds(2), probe: probe)
    }
    return [
      check("governor", "frequency governor") { ProcessorFindings.governor(files) },
      check("turbo", "turbo") { ProcessorFindings.turbo(files) },
      check("smt", "threads sharing a core") { ProcessorFindings.threadSharing(files) },
      check("numa", "memory nodes") { ProcessorFindings.memoryNodes(files) },
      check("affinity", "CPUs lynx may run on") { QuotaFindings.affinity(files) },
      check("cpu_quota", "CPU quota") { QuotaFindings.quota(files) },
      check("clock_source", "clock to measure with") { ClockFinding.find(files) },
      check("load", "other work") { LoadFindings.load(files, interval.value) },
      check("steal", "time stolen by the host") { LoadFindings.steal(interval.value) },
      check("cpu_pressure", "waiting for a CPU") { LoadFindings.pressure(files) },
      check("throttling", "throttled by the quota") { QuotaFindings.throttling(interval.value) },
      check("thermal", "throttled by heat") { ProcessorFindings.heat(interval.value) },
      check("swap", "swap") { LoadFindings.swap(files, interval.value) },
    ]
  }
}
