import Foundation
import TestSupport
import Testing

@testable import Diagnosis

@Suite("What others take of the machine is told from two looks at it")
struct LoadTests {
  /// Finds with what a machine said before and says now.
  private func look(
    _ name: String, before: [String: String], after: [String: String]
  ) throws -> Finding {
    let (first, second) = (try FakeRoot(before), try FakeRoot(after))
    let interval = MachineInterval(
      before: .read(first.files), after: .read(second.files))
    return try finding(
      "noise.\(name)", of: NoiseChecks.all(second.files, interval: Shared { interval }))
  }

  /// user nice system idle iowait irq softirq steal guest guest_nice.
  private func stat(idle: Int, user: Int, steal: Int) -> [String: String] {
    ["/proc/stat": "cpu  \(user) 0 0 \(idle) 0 0 0 \(steal) \(user) 0\ncpu0 1 2 3\n"]
  }

  @Test("work of others, by the share of CPU time they took")
  func busy() throws {
    let before = stat(idle: 1_000, user: 500, steal: 0)
    expect(
      try look("load", before: before, after: stat(idle: 1_039, user: 501, steal: 0)), .ok,
      "CPUs busy 2.5%")
    expect(
      try look("load", before: before, after: stat(idle: 1_020, user: 520, steal: 0)), .warning,
      "CPUs busy 50.0%")
    // What the host took is not work of this machine's.
    expect(
      try look("load", before: before, after: stat(idle: 1_020, user: 500, steal: 20)), .ok,
      "CPUs busy 0.0%")
  }

  @Test("a load of more than there are CPUs")
  func average() throws {
    let cpus = ["/sys/devices/system/cpu/online": "0-3"]
    let quiet = cpus.merging(["/proc/loadavg": "3.90 1.00 1.00 1/99 5\n"]) { $1 }
    expect(try look("load", before: quiet, after: quiet), .ok, "load 3.90 on 4 CPUs")
    let loud = cpus.merging(["/proc/loadavg": "4.10 1.00 1.00 1/99 5\n"]) { $1 }
    expect(try look("load", before: loud, after: loud), .warning, "load 4.10 on 4 CPUs")
  }

  @Test("time that the host gave to others")
  func steal() throws {
    let before = stat(idle: 100_000, user: 500, steal: 0)
    expect(
      try look("steal", before: before, after: stat(idle: 100_040, user: 500, steal: 0)), .ok,
      "0.0% now")
    expect(
      try look("steal", before: before, after: stat(idle: 100_030, user: 500, steal: 10)), .warning,
      "25.0% now")
    let stolen = stat(idle: 100, user: 0, steal: 100)
    expect(
      try look("steal", before: stolen, after: stat(idle: 140, user: 0, steal: 100)), .warning,
      "since the machine started")
    expect(try look("steal", before: stolen, after: stolen), .notApplicable)
  }

  @Test("swap: none, a little, much, and on the move")
  func swap() throws {
    func memory(total: Int, free: Int, moved: Int = 0) -> [String: String] {
      [
        "/proc/meminfo": "MemTotal: 1600000 kB\nSwapTotal: \(total) kB\nSwapFree: \(free) kB\n",
        "/proc/vmstat": "nr_free 5\npswpin \(moved)\npswpout 3\n",
      ]
    }
    let none = memory(total: 0, free: 0)
    expect(try look("swap", before: none, after: none), .ok, "none")
    let little = memory(total: 800_000, free: 799_000)
    expect(try look("swap", before: little, after: little), .ok, "1000 KiB of 781 MiB")
    let much = memory(total: 800_000, free: 100_000)
    expect(try look("swap", before: much, after: much), .warning, "in use")
    expect(
      try look("swap", before: little, after: memory(total: 800_000, free: 799_000, moved: 64)),
      .warning, "64 pages moved just now")
  }

  @Test("time that somebody waited for a CPU")
  func pressure() throws {
    func pressure(_ share: String) -> [String: String] {
      ["/proc/pressure/cpu": "some avg10=\(share) avg60=0.00 total=1\nfull avg10=0.00\n"]
    }
    expect(
      try look("cpu_pressure", before: [:], after: pressure("0.16")), .ok, "0.2% of the last 10 s")
    expect(try look("cpu_pressure", before: [:], after: pressure("45.00")), .warning, "45.0%")
    expect(try look("cpu_pressure", before: [:], after: [:]), .notApplicable)
  }

  @Test("a clock that asks the kernel or a device, until the line is run")
  func clock() throws {
    let folder = "/sys/devices/system/clocksource/clocksource0"
    let root = try FakeRoot([
      "\(folder)/current_clocksource": "acpi_pm\n",
      "\(folder)/available_clocksource": "tsc hpet acpi_pm \n",
    ])
    let slow = ClockFinding.find(root.files, nanoseconds: 900)
    expect(slow, .warning, "acpi_pm, 900 ns")
    _ = try Tool.run("/bin/sh", ["-c", root.line(slow.remedy)])
    expect(ClockFinding.find(root.files, nanoseconds: 25), .ok, "tsc, 25 ns")
    #expect(ClockFinding.find(root.files, nanoseconds: 500).status == .warning)
    try root.write("hpet", to: "\(folder)/current_clocksource")
    try root.write("hpet acpi_pm", to: "\(folder)/available_clocksource")
    expect(ClockFinding.find(root.files, nanoseconds: 900), .warning, "hpet")
  }

  @Test("this machine's counters are understood as top and free understand them")
  func thisMachine() throws {
    let counters = MachineCounters.read(SystemFiles())
    let ticks = try #require(counters.ticks)
    #expect(ticks.total > 0 && ticks.idle &+ ticks.steal <= ticks.total)
    let awk = try Tool.run(
      "/usr/bin/env", ["awk", "/^cpu / { printf \"%.0f\", $2+$3+$4+$5+$6+$7+$8+$9 }", "/proc/stat"])
    let total = try #require(
      UInt64(
        String(decoding: awk, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(total >= ticks.total && total - ticks.total < 100_000)
  }
}
