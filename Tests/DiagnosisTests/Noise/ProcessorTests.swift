import Diagnosis
import Foundation
import TestSupport
import Testing

@Suite("What changes the speed of CPUs is told, and how to stop it")
struct ProcessorTests {
  private let folder = "/sys/devices/system/cpu"

  private func look(_ name: String, _ root: FakeRoot) throws -> Finding {
    try finding("noise.\(name)", of: NoiseChecks.all(Subject(files: root.files)))
  }

  /// Runs the line that mends it, on the fake files, and looks again.
  private func mend(_ name: String, _ root: FakeRoot) throws -> Finding {
    _ = try Tool.run("/bin/sh", ["-c", root.line(try look(name, root).remedy)])
    return try look(name, root)
  }

  @Test("a machine that says nothing is not judged")
  func nothing() throws {
    let root = try FakeRoot()
    for name in ["governor", "turbo", "smt", "numa", "affinity", "cpu_quota", "thermal", "swap"] {
      expect(try look(name, root), .notApplicable)
    }
  }

  @Test("governors other than performance, of any CPU, until the line is run")
  func governor() throws {
    let root = try FakeRoot([
      "\(folder)/online": "0-1\n",
      "\(folder)/cpu0/cpufreq/scaling_governor": "performance\n",
      "\(folder)/cpu1/cpufreq/scaling_governor": "powersave\n",
    ])
    expect(try look("governor", root), .warning, "performance, powersave")
    expect(try mend("governor", root), .ok, "performance")
    #expect(root.text("\(folder)/cpu1/cpufreq/scaling_governor") == "performance")
  }

  @Test(
    "turbo, by either of its switches",
    arguments: [("intel_pstate/no_turbo", 0), ("cpufreq/boost", 1)])
  func turbo(file: String, on: Int) throws {
    let root = try FakeRoot(["\(folder)/\(file)": "\(on)\n"])
    expect(try look("turbo", root), .warning, "on")
    expect(try mend("turbo", root), .ok, "off")
    #expect(root.text("\(folder)/\(file)") == "\(1 - on)")
  }

  @Test("threads that share a core")
  func sharing() throws {
    let root = try FakeRoot([
      "\(folder)/smt/active": "1\n", "\(folder)/smt/control": "on\n",
      "\(folder)/cpu0/topology/thread_siblings_list": "0,4\n",
    ])
    let found = try look("smt", root)
    expect(found, .warning, "0,4")
    #expect(found.remedy?.line == "echo off | sudo tee \(folder)/smt/control")
    try root.write("0\n", to: "\(folder)/smt/active")
    expect(try look("smt", root), .ok)
    try root.write("1\n", to: "\(folder)/smt/active")
    try root.write("notsupported\n", to: "\(folder)/smt/control")
    #expect(try look("smt", root).remedy?.line.hasPrefix("taskset") == true)
  }

  @Test("memory nodes")
  func nodes() throws {
    let root = try FakeRoot(["/sys/devices/system/node/online": "0\n"])
    expect(try look("numa", root), .ok, "one")
    try root.write("0,2-3\n", to: "/sys/devices/system/node/online")
    expect(try look("numa", root), .warning, "3:")
  }

  @Test("hot CPUs")
  func heat() throws {
    let root = try FakeRoot([
      "\(folder)/online": "0-1",
      "\(folder)/cpu0/thermal_throttle/core_throttle_count": "0",
      "\(folder)/cpu1/thermal_throttle/core_throttle_count": "0",
    ])
    expect(try look("thermal", root), .ok, "never")
    try root.write("7\n", to: "\(folder)/cpu1/thermal_throttle/core_throttle_count")
    expect(try look("thermal", root), .warning, "7 times")
  }

  @Test("CPUs this process is kept from")
  func affinity() throws {
    let root = try FakeRoot([
      "\(folder)/online": "0-3\n", "/proc/self/status": "Name:\tlynx\nCpus_allowed_list:\t0-7\n",
    ])
    expect(try look("affinity", root), .ok, "all 4")
    try root.write("Cpus_allowed_list:\t1,3\n", to: "/proc/self/status")
    expect(try look("affinity", root), .warning, "2 of 4 (1,3)")
  }

  @Test("files nobody vouches for")
  func hostile() throws {
    for text in ["", "x", "-1", "9999999999999999999999", "0-", "3-1", "0-99999999", "\u{1B}[31m"] {
      let root = try FakeRoot(
        Dictionary(
          uniqueKeysWithValues: [
            "online", "smt/active", "intel_pstate/no_turbo", "cpu0/cpufreq/scaling_governor",
            "cpu0/thermal_throttle/core_throttle_count",
          ].map { ("\(folder)/\($0)", text) }
            + [
              "/proc/stat", "/proc/vmstat", "/proc/loadavg", "/proc/meminfo", "/proc/self/cgroup",
              "/proc/self/status", "/proc/pressure/cpu", "/sys/devices/system/node/online",
              "/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu.stat",
              "/sys/fs/cgroup/cgroup.controllers",
            ].map { ($0, text) }))
      for check in NoiseChecks.all(Subject(files: root.files)) {
        #expect(!check.probe().observed.isEmpty, "\(check.id) of \(text)")
      }
    }
  }
}
