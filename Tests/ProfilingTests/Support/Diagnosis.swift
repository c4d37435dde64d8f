import Foundation
import Testing

/// What `lynx doctor --json` found.
struct Diagnosis {
  struct Check: Decodable {
    let id: String
    let group: String
    let status: String
    let observed: String
    let expected: String
    let remedy: String?
  }

  private struct Report: Decodable {
    let schema: Int
    let checks: [Check]
  }

  let status: Int32
  let checks: [Check]

  /// Looks at what a profiler needs, behind `prefix`.
  init(
    _ options: [String] = [], in directory: Scratch, prefix: [String] = [],
    executable: String = Lynx.path
  ) throws {
    let result = try Lynx.run(
      ["doctor", "--for", "profile", "--json"] + options, in: directory, prefix: prefix,
      executable: executable)
    try #require([0, 1].contains(result.status), "\(result)")
    let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
    #expect(report.schema == 1)
    status = result.status
    checks = report.checks
    #expect((status == 1) == checks.contains { $0.status == "failed" })
  }

  /// A check of the group profiler.
  func profiler(_ name: String, at location: SourceLocation = #_sourceLocation) throws -> Check {
    try #require(
      checks.first { $0.id == "profiler.\(name)" }, "no check \(name)", sourceLocation: location)
  }

  /// Holds checks of the group profiler to a status.
  func expect(_ status: String, _ names: [String], at location: SourceLocation = #_sourceLocation)
    throws
  {
    for name in names {
      let check = try profiler(name, at: location)
      #expect(check.status == status, "\(check)", sourceLocation: location)
    }
  }
}

/// Settings of the kernel that a test changes, put back as they were when it is over.
final class KernelSettings {
  private var before: [(name: String, text: String)] = []

  /// Runs a line such as `sudo sysctl kernel.a=1 kernel.b=2`, as root.
  func run(_ line: String, in directory: Scratch) throws {
    let words = line.prefix { $0 != "#" }.split(separator: " ")
    try #require(words.prefix(2) == ["sudo", "sysctl"], "\(line)")
    for setting in words.dropFirst(2) {
      let name = String(setting.prefix { $0 != "=" })
      let path = "/proc/sys/" + name.replacingOccurrences(of: ".", with: "/")
      before.append((path, try String(contentsOfFile: path, encoding: .utf8)))
      try String(setting.drop { $0 != "=" }.dropFirst())
        .write(toFile: path, atomically: false, encoding: .utf8)
    }
  }

  deinit {
    for (path, text) in before.reversed() {
      try? text.write(toFile: path, atomically: false, encoding: .utf8)
    }
  }
}
