internal import LinuxSystem
internal import Terminal

/// Who else wants the CPUs and the memory.
enum LoadFindings {
  static func load(_ files: SystemFiles, _ interval: MachineInterval) -> Finding {
    let cpus = max(1, files.processors.count)
    let average = files.text("/proc/loadavg").flatMap { text in
      text.split(separator: " ").first.flatMap { Double($0) }
    }
    let busy = share(interval) { $0.total &- $0.idle &- $0.steal }
    guard average != nil || busy != nil else {
      return Finding(.notApplicable, "not said by this machine")
    }
    var parts: [String] = []
    if let busy { parts.append("CPUs busy \(percent(busy))") }
    if let average { parts.append("load \(NumberText.fixed(average, places: 2)) on \(cpus) CPUs") }
    let text = parts.joined(separator: ", ")
    // What was just running is in the load for some minutes: it counts only when there is more than CPUs.
    if (busy ?? 0) <= 0.1, (average ?? 0) <= Double(cpus) { return Finding(.ok, text) }
    return Finding(
      .warning, text, expected: "nothing else at work",
      remedy: Remedy("top -b -n1 -o %CPU | head -15   # finds it"))
  }

  static func steal(_ interval: MachineInterval) -> Finding {
    guard let ticks = interval.after.ticks, let now = share(interval, { $0.steal }) else {
      return Finding(.notApplicable, "not said by this machine")
    }
    let ever = ticks.total > 0 ? Double(ticks.steal) / Double(ticks.total) : 0
    let text = "\(percent(now)) now, \(percent(ever)) since the machine started"
    if now <= 0.01, ever <= 0.02 { return Finding(.ok, text) }
    return Finding(
      .warning, text, expected: "none: other virtual machines run instead of this one",
      remedy: Remedy("measure on a host of its own, or repeat: lynx bench --runs 5"))
  }

  static func pressure(_ files: SystemFiles) -> Finding {
    guard let text = files.text("/proc/pressure/cpu"),
      let some = text.split(separator: "\n").first(where: { $0.hasPrefix("some ") }),
      let field = some.split(separator: " ").first(where: { $0.hasPrefix("avg10=") }),
      let value = Double(field.dropFirst("avg10=".count))
    else { return Finding(.notApplicable, "this kernel does not count it") }
    let observed = "\(NumberText.fixed(value, places: 1))% of the last 10 s somebody waited"
    if value <= 10 { return Finding(.ok, observed) }
    return Finding(
      .warning, observed, expected: "10% or less",
      remedy: Remedy("top -b -n1 -o %CPU | head -15   # finds who runs"))
  }

  static func swap(_ files: SystemFiles, _ interval: MachineInterval) -> Finding {
    guard let information = files.text("/proc/meminfo") else {
      return Finding(.notApplicable, "not said by this machine")
    }
    var kilobytes: [Substring: Int] = [:]
    for line in information.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count >= 2, let count = Int(words[1]) { kilobytes[words[0].dropLast()] = count }
    }
    guard let total = kilobytes["SwapTotal"], let free = kilobytes["SwapFree"] else {
      return Finding(.notApplicable, "not said by this machine")
    }
    if total == 0 { return Finding(.ok, "there is none") }
    let used = max(0, total - free)
    let moved = interval.growth { $0.swapped } ?? 0
    let text =
      "\(SizeText.approximate(used << 10)) of \(SizeText.approximate(total << 10)) in use"
      + (moved > 0 ? ", \(moved) pages moved just now" : "")
    // A little is what nobody has asked for since the machine started.
    if moved == 0, used <= (kilobytes["MemTotal"] ?? 0) / 16 { return Finding(.ok, text) }
    return Finding(
      .warning, text, expected: "memory for all that is measured",
      remedy: Remedy(
        "sudo swapoff -a && sudo swapon -a   # if it fits into memory", needsRoot: true))
  }

  /// How much of all CPU time in the interval went somewhere; nil if not a tick passed.
  private static func share(
    _ interval: MachineInterval, _ part: (MachineCounters.Ticks) -> UInt64
  ) -> Double? {
    guard let total = interval.growth({ $0.ticks?.total }), total > 0,
      let some = interval.growth({ $0.ticks.map(part) })
    else { return nil }
    return min(1, Double(some) / Double(total))
  }

  private static func percent(_ share: Double) -> String {
    NumberText.fixed(share * 100, places: 1) + "%"
  }
}
