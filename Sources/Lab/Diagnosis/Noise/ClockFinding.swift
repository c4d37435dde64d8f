internal import LinuxSystem
internal import Terminal

/// What time is measured with, and what one look at it costs.
enum ClockFinding {
  /// Read without asking the kernel, so that a reading takes tens of nanoseconds.
  private static let fast: Set<String> = [
    "tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter",
  ]
  private static let folder = "/sys/devices/system/clocksource/clocksource0"
  /// A reading that asks the kernel takes some hundred at least.
  private static let slowNanoseconds = 200

  static func find(_ files: SystemFiles) -> Finding {
    find(files, nanoseconds: cost())
  }

  static func find(_ files: SystemFiles, nanoseconds: Int) -> Finding {
    let expected = "a clock that is read in less than \(slowNanoseconds) ns, such as tsc"
    guard let source = files.text("\(folder)/current_clocksource") else {
      return nanoseconds < slowNanoseconds
        ? Finding(.ok, "\(nanoseconds) ns a reading")
        : Finding(.warning, "\(nanoseconds) ns a reading", expected: expected)
    }
    let text = "\(source), \(nanoseconds) ns a reading"
    if fast.contains(source), nanoseconds < slowNanoseconds { return Finding(.ok, text) }
    let available = (files.text("\(folder)/available_clocksource") ?? "").split(separator: " ")
      .map(String.init)
    if !fast.contains(source), let better = available.first(where: fast.contains) {
      return Finding(
        .warning, text, expected: expected,
        remedy: Remedy("echo \(better) | sudo tee \(folder)/current_clocksource", needsRoot: true))
    }
    if fast.contains(source) { return Finding(.warning, text, expected: expected) }
    return Finding(
      .warning, text, expected: expected,
      remedy: Remedy("start the kernel with tsc=reliable, if the CPU's counter is to be trusted"))
  }

  /// The best of some series: what one reading costs when nothing interrupts it.
  private static func cost() -> Int {
    let count: UInt64 = 1_000
    var best = UInt64.max
    for _ in 0..<10 {
      let start = Clock.monotonicNanoseconds
      for _ in 1..<count { _ = Clock.monotonicNanoseconds }
      best = min(best, Clock.monotonicNanoseconds &- start)
    }
    return Int(clamping: best / count)
  }
}
