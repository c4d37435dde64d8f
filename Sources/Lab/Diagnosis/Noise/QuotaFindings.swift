internal import LinuxSystem
internal import Terminal

/// How much of the machine this process may use.
enum QuotaFindings {
  static func affinity(_ files: SystemFiles) -> Finding {
    let online = files.processors
    guard !online.isEmpty, let status = files.text("/proc/self/status") else {
      return Finding(.notApplicable, "not said by this machine")
    }
    let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    let text = line?.dropFirst("Cpus_allowed_list:".count).filter { !$0.isWhitespace } ?? ""
    let allowed = SystemFiles.numbers(text).filter(online.contains)
    guard !allowed.isEmpty else { return Finding(.notApplicable, "not said by this machine") }
    let all = files.text("/sys/devices/system/cpu/online") ?? ""
    if allowed.count == online.count { return Finding(.ok, "all \(online.count) (\(all))") }
    return Finding(
      .warning, "\(allowed.count) of \(online.count) (\(text))",
      expected: "all of them, unless load and server are kept apart on purpose",
      remedy: Remedy("taskset -pc \(all) $$   # for this shell, if its limits allow"))
  }

  static func quota(_ files: SystemFiles) -> Finding {
    guard let group = ControlGroup.cpu(files) else {
      return Finding(.notApplicable, "no control group limits CPU time")
    }
    guard let quota = group.quota(files) else { return Finding(.ok, "none") }
    let cpus = max(1, files.processors.count)
    let text = "\(NumberText.fixed(quota.cpus, places: 2)) CPUs of \(cpus) (\(quota.file))"
    if quota.cpus >= Double(cpus) { return Finding(.ok, text) }
    let word = group.isSecondVersion ? "max" : "-1"
    return Finding(
      .warning, text, expected: "none: whoever used it up stands still until the next period",
      remedy: Remedy(
        "echo \(word) | sudo tee \(shellWord(quota.file))", needsRoot: true,
        alternatives: ["docker update --cpus=\(cpus) CONTAINER   # on the host"]))
  }

  static func throttling(_ interval: MachineInterval) -> Finding {
    guard let turns = interval.after.turns, turns.periods > 0 else {
      return Finding(.notApplicable, "no quota has been used")
    }
    let now = interval.growth { $0.turns?.throttled } ?? 0
    let share = Double(turns.throttled) / Double(turns.periods)
    let text =
      "in \(turns.throttled) of \(turns.periods) periods so far"
      + (now > 0 ? ", \(now) of them just now" : "")
    if now == 0, share < 0.01 { return Finding(.ok, text) }
    return Finding(
      .warning, text, expected: "in none",
      remedy: Remedy("raise the CPU quota, or measure with fewer threads"))
  }
}
