import Foundation
import Glibc
import Testing

@testable import Diagnosis

@Suite("Settings explain what is granted, and are at fault only where they stand in the way")
struct SettingTests {
  private let root: FakeRoot

  init() throws { root = try FakeRoot() }

  private func look(
    _ name: String, _ grants: Grants = MadeUp.grants(), _ contents: [String: String]
  ) throws -> Finding {
    for (path, text) in contents { try root.write(text, to: path) }
    return try MadeUp.look(name, grants, files: root.files)
  }

  @Test("every value of perf_event_paranoid, Debian's and Ubuntu's included", arguments: -1...4)
  func paranoid(value: Int) throws {
    let files = ["/proc/sys/kernel/perf_event_paranoid": "\(value)\n"]
    expect(try look("paranoid", files), .ok, "\(value):")
    let closed = MadeUp.grants(
      user: MadeUp.refused(EACCES, paranoid: value), kernel: MadeUp.refused(EACCES, paranoid: value)
    )
    let found = try look("paranoid", closed, files)
    if value > 2 {
      expect(found, .failed, "\(value): closed to users")
      #expect(found.remedy?.line == "sudo sysctl kernel.perf_event_paranoid=2")
    } else {
      // Something else refuses.
      expect(found, .ok)
    }
    let capable = MadeUp.grants(user: closed.user, capabilities: MadeUp.perfmon)
    expect(
      try look("paranoid", capable, files), .ok,
      value > 1 ? "CAP_PERFMON passes it" : "\(value):")
    let elsewhere = MadeUp.grants(
      user: closed.user, capabilities: MadeUp.perfmon, namespace: true)
    #expect(try look("paranoid", elsewhere, files).status == (value > 2 ? .failed : .ok))
  }

  private func look(_ name: String, _ contents: [String: String]) throws -> Finding {
    try look(name, MadeUp.grants(), contents)
  }

  @Test("a kernel without the settings is not judged by them")
  func absent() throws {
    for name in ["paranoid", "lockdown", "ptrace_scope"] {
      expect(try look(name, [:]), .notApplicable)
    }
  }

  @Test(
    "lockdown, of any level",
    arguments: [
      ("[none] integrity confidentiality", "none"),
      ("none [integrity] confidentiality", "integrity"),
      ("none integrity [confidentiality]", "confidentiality"),
    ])
  func lockdown(text: String, level: String) throws {
    expect(try look("lockdown", ["/sys/kernel/security/lockdown": text]), .ok, level)
  }

  @Test("Yama, whose scope is for debuggers", arguments: 0...3)
  func yama(scope: Int) throws {
    expect(
      try look("ptrace_scope", ["/proc/sys/kernel/yama/ptrace_scope": "\(scope)\n"]), .ok,
      "\(scope)")
  }

  @Test("names in the kernel: shown, hidden by each of the settings, and not there")
  func kernelNames() throws {
    let shown = "ffffffff81000000 T _text\nffffffff81000100 t helper\nffffffff82000000 D data\n"
    let hidden = "0000000000000000 T _text\n0000000000000000 t helper\n"
    let setting = "/proc/sys/kernel/kptr_restrict"
    expect(
      try look("kernel_names", ["/proc/kallsyms": shown, setting: "2"]), .ok, "2 functions")
    for (value, remedy) in [
      (0, "sudo sysctl kernel.perf_event_paranoid=1"),
      (1, "sudo sysctl kernel.kptr_restrict=0 kernel.perf_event_paranoid=1"),
      (2, "sudo sysctl kernel.kptr_restrict=1"),
    ] {
      let found = try look("kernel_names", ["/proc/kallsyms": hidden, setting: "\(value)"])
      expect(found, .warning, "kernel.kptr_restrict is \(value)")
      #expect(found.remedy?.line == remedy)
    }
    let empty = try look("kernel_names", ["/proc/kallsyms": ""])
    #expect(empty.status == .warning)
    let missing = try MadeUp.look(
      "kernel_names", MadeUp.grants(), files: try FakeRoot().files)
    #expect(missing.status == .warning && missing.observed.contains("cannot be read"))
  }

  @Test("files nobody vouches for")
  func hostile() throws {
    for text in ["", "x", "[", "[]", "9223372036854775808", "-9999", "\u{1B}[31m"] {
      for (name, path) in [
        ("paranoid", "/proc/sys/kernel/perf_event_paranoid"),
        ("lockdown", "/sys/kernel/security/lockdown"),
        ("ptrace_scope", "/proc/sys/kernel/yama/ptrace_scope"),
        ("kernel_names", "/proc/kallsyms"),
      ] {
        #expect(!(try look(name, [path: text]).observed.isEmpty), "\(name) of \(text)")
      }
    }
  }
}
