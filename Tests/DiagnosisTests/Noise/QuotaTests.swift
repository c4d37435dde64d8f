import Diagnosis
import Foundation
import TestSupport
import Testing

@Suite("The quota of CPU time is found in either version of control groups, wherever it is set")
struct QuotaTests {
  private func look(_ name: String, _ root: FakeRoot) throws -> Finding {
    try finding("noise.\(name)", of: NoiseChecks.all(Subject(files: root.files)))
  }

  private func second(_ contents: [String: String]) throws -> FakeRoot {
    let root = try FakeRoot([
      "/sys/devices/system/cpu/online": "0-3", "/proc/self/cgroup": "0::/a.slice/b.scope\n",
      "/sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
    ])
    for (path, text) in contents { try root.write(text, to: "/sys/fs/cgroup/\(path)") }
    return root
  }

  @Test("version 2: the smallest of the groups above counts, and the line lifts it")
  func version2() throws {
    let root = try second([
      "a.slice/cpu.max": "150000 100000\n", "a.slice/b.scope/cpu.max": "max 100000\n",
    ])
    let found = try look("cpu_quota", root)
    expect(found, .warning, "1.50 CPUs of 4", "/sys/fs/cgroup/a.slice/cpu.max")
    _ = try Tool.run("/bin/sh", ["-c", root.line(found.remedy)])
    expect(try look("cpu_quota", root), .ok, "none")
    try root.write("50000 100000", to: "/sys/fs/cgroup/a.slice/b.scope/cpu.max")
    expect(try look("cpu_quota", root), .warning, "0.50 CPUs", "b.scope")
    try root.write("400000 100000", to: "/sys/fs/cgroup/a.slice/b.scope/cpu.max")
    expect(try look("cpu_quota", root), .ok, "4.00 CPUs")
  }

  @Test("version 2 in a container, whose path is not behind the mount")
  func container() throws {
    let root = try second(["cpu.max": "200000 100000\n"])
    try root.write("0::/../../outside\n", to: "/proc/self/cgroup")
    expect(try look("cpu_quota", root), .warning, "2.00 CPUs of 4")
  }

  @Test("version 1, alone or beside version 2", arguments: ["cpu", "cpu,cpuacct"])
  func version1(controllers: String) throws {
    let root = try FakeRoot([
      "/sys/devices/system/cpu/online": "0-1",
      "/proc/self/cgroup": "4:memory:/m\n2:\(controllers):/docker/x\n0::/\n",
      "/sys/fs/cgroup/\(controllers)/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/\(controllers)/docker/x/cpu.cfs_quota_us": "25000\n",
      "/sys/fs/cgroup/\(controllers)/docker/x/cpu.cfs_period_us": "100000\n",
    ])
    let found = try look("cpu_quota", root)
    expect(found, .warning, "0.25 CPUs of 2")
    _ = try Tool.run("/bin/sh", ["-c", root.line(found.remedy)])
    expect(try look("cpu_quota", root), .ok, "none")
  }

  @Test("turns that a group stood still for")
  func throttling() throws {
    let root = try second([
      "a.slice/b.scope/cpu.stat": "usage_usec 5\nnr_periods 0\nnr_throttled 0\n"
    ])
    expect(try look("throttling", root), .notApplicable)
    try root.write(
      "nr_periods 1000\nnr_throttled 5\n", to: "/sys/fs/cgroup/a.slice/b.scope/cpu.stat")
    expect(try look("throttling", root), .ok, "5 of 1000")
    try root.write(
      "nr_periods 1000\nnr_throttled 400\n", to: "/sys/fs/cgroup/a.slice/b.scope/cpu.stat")
    expect(try look("throttling", root), .warning, "400 of 1000")
  }
}
