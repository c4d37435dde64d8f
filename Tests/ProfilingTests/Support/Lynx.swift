import Foundation
import Glibc
import Testing

/// The built `lynx`, run as people run it.
enum Lynx {
  /// Beside the executable these tests are in.
  static let path: String = {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let tests = String(
      decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return URL(fileURLWithPath: tests).deletingLastPathComponent().path + "/lynx"
  }()

  struct Result {
    let status: Int32
    let output: String
    let errors: String
  }

  /// Runs `lynx` to its end.
  static func run(
    _ arguments: [String], in directory: Scratch, prefix: [String] = [],
    executable: String = path, environment: [String: String] = [:], seconds: Double = 90
  ) throws -> Result {
    let lynx = try start(
      arguments, in: directory, prefix: prefix, executable: executable, environment: environment)
    defer { lynx.end() }
    return try finish(lynx, in: directory, seconds: seconds)
  }

  static func start(
    _ arguments: [String], in directory: Scratch, prefix: [String] = [],
    executable: String = path, environment: [String: String] = [:]
  ) throws -> Launched {
    try #require(
      access(executable, X_OK) == 0,
      "there is no \(executable); run swift build --product lynx first")
    return try Launched(
      prefix + [executable] + arguments, in: directory, name: "lynx", environment: environment)
  }

  static func finish(
    _ lynx: Launched, in directory: Scratch, seconds: Double = 90
  ) throws -> Result {
    let end = lynx.wait(seconds: seconds)
    return Result(
      status: end.status, output: try directory.read("lynx.out"),
      errors: try directory.read("lynx.err"))
  }

  /// A shell line, with `$LYNX` for the executable.
  static func shell(_ line: String, in directory: Scratch) throws -> Result {
    let shell = try Launched(
      ["bash", "-c", line], in: directory, name: "lynx", environment: ["LYNX": path])
    defer { shell.end() }
    return try finish(shell, in: directory)
  }
}

/// A `lynx profile` that writes stacks and its report, to be looked at when it has ended.
final class Recorded {
  let directory: Scratch
  let lynx: Launched

  /// Starts recording `target`, which is a list of arguments such as `-p 12` or `-- command`.
  init(
    _ options: [String] = [], of target: [String], in directory: Scratch, frequency: Int = 997,
    prefix: [String] = [], executable: String = Lynx.path
  ) throws {
    self.directory = directory
    lynx = try Lynx.start(
      ["profile", "-F", "\(frequency)", "-o", "out.folded", "--json", "report.json"] + options
        + target, in: directory, prefix: prefix, executable: executable)
  }

  deinit { lynx.end() }

  /// Waits until an attached recording has begun.
  func waitUntilWatching() throws {
    let began = eventually {
      // Descriptors of the target's end are the last thing opened before waiting.
      descriptors(of: lynx.id).contains { $0.contains("[pidfd]") } || !lynx.isRunning
    }
    try #require(began && lynx.isRunning, "\((try? directory.read("lynx.err")) ?? "")")
  }

  private func descriptors(of process: pid_t) -> [String] {
    let folder = "/proc/\(process)/fd"
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
    }
  }

  /// Waits for its end, which must come with `status`.
  func finish(
    status: Int32 = 0, at location: SourceLocation = #_sourceLocation
  ) throws -> (report: Report, stacks: Stacks) {
    let result = try Lynx.finish(lynx, in: directory)
    try #require(
      result.status == status, "ended with \(result.status): \(result.errors)",
      sourceLocation: location)
    return (try Report(directory.bytes("report.json")), try Stacks(directory.read("out.folded")))
  }
}
