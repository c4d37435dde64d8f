internal import LinuxSystem

/// What changes the speed of the CPUs.
enum ProcessorFindings {
  private static let folder = "/sys/devices/system/cpu"

  static func governor(_ files: SystemFiles) -> Finding {
    var counts: [String: Int] = [:]
    for cpu in files.processors {
      if let governor = files.text("\(folder)/cpu\(cpu)/cpufreq/scaling_governor") {
        counts[governor, default: 0] += 1
      }
    }
    guard !counts.isEmpty else {
      return Finding(.notApplicable, "frequencies are not this system's to choose")
    }
    let names = counts.keys.sorted().joined(separator: ", ")
    if names == "performance" { return Finding(.ok, names) }
    return Finding(
      .warning, names, expected: "performance: others follow the load, and lag behind it",
      remedy: Remedy(
        "echo performance | sudo tee \(folder)/cpu*/cpufreq/scaling_governor", needsRoot: true))
  }

  static func turbo(_ files: SystemFiles) -> Finding {
    // One is a switch for turbo, the other one against it.
    for (file, on, off) in [
      ("\(folder)/intel_pstate/no_turbo", 0, 1), ("\(folder)/cpufreq/boost", 1, 0),
    ] {
      guard let value = files.number(file) else { continue }
      if value != on { return Finding(.ok, "off") }
      return Finding(
        .warning, "on: how fast a CPU is depends on heat and on what the others do",
        expected: "off while measuring",
        remedy: Remedy("echo \(off) | sudo tee \(file)", needsRoot: true))
    }
    return Finding(.notApplicable, "not this system's to choose")
  }

  static func threadSharing(_ files: SystemFiles) -> Finding {
    guard let active = files.number("\(folder)/smt/active") else {
      return Finding(.notApplicable, "not said by this machine")
    }
    if active == 0 { return Finding(.ok, "none: each CPU is a core, as far as this system sees") }
    let siblings = files.text("\(folder)/cpu0/topology/thread_siblings_list") ?? "several"
    let canSwitch = files.text("\(folder)/smt/control") == "on"
    return Finding(
      .warning, "CPUs \(siblings) and so on share a core, and slow each other down",
      expected: "one thread a core while measuring",
      remedy: canSwitch
        ? Remedy("echo off | sudo tee \(folder)/smt/control", needsRoot: true)
        : Remedy("taskset -c LIST lynx …   # with one CPU of each core"))
  }

  static func memoryNodes(_ files: SystemFiles) -> Finding {
    guard let online = files.text("/sys/devices/system/node/online") else {
      return Finding(.notApplicable, "not said by this machine")
    }
    let nodes = SystemFiles.numbers(online)
    if nodes.count <= 1 { return Finding(.ok, "one") }
    return Finding(
      .warning, "\(nodes.count): memory of another node is slower, and threads move between them",
      expected: "one, or measuring within one",
      remedy: Remedy("numactl --cpunodebind=\(nodes[0]) --membind=\(nodes[0]) lynx …"))
  }

  static func heat(_ interval: MachineInterval) -> Finding {
    guard let count = interval.after.heat else {
      return Finding(.notApplicable, "not counted by this machine")
    }
    if count == 0 { return Finding(.ok, "never") }
    let now = interval.growth { $0.heat } ?? 0
    return Finding(
      .warning, "\(count) times since the machine started" + (now > 0 ? ", \(now) just now" : ""),
      expected: "never", remedy: Remedy("let it cool down between runs, or limit its frequency"))
  }
}
