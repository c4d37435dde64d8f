import Foundation
import Glibc
import Testing

/// The built `lynx`, run as people run it.
struct Executable {
  struct Result {
    var status: Int32
    var output: String
    var errors: String
    var outputBytes: Data
  }

  /// Beside the executable these tests are in.
  static let path: String = {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let tests = String(
      decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return URL(fileURLWithPath: tests).deletingLastPathComponent().path + "/lynx"
  }()

  /// Runs `lynx` with `arguments` in `directory`.
  static func run(
    _ arguments: [String], in directory: TemporaryDirectory, input: String = "",
    environment: [String: String] = [:], program: String = path
  ) throws -> Result {
    try #require(
      access(path, X_OK) == 0, "there is no \(path); run swift build --product lynx first")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
    var variables = ProcessInfo.processInfo.environment
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "DATABASE_URL"] { variables[name] = nil }
    process.environment = variables.merging(environment) { $1 }

    // Files, since a pipe nobody empties would stop the command.
    let outside = try TemporaryDirectory()
    try Data(input.utf8).write(to: URL(fileURLWithPath: outside / "in"))
    for name in ["out", "err"] {
      try Data().write(to: URL(fileURLWithPath: outside / name))
    }
    process.standardInput = FileHandle(forReadingAtPath: outside / "in")
    process.standardOutput = FileHandle(forWritingAtPath: outside / "out")
    process.standardError = FileHandle(forWritingAtPath: outside / "err")
    try process.run()
    process.waitUntilExit()
    let output = try Data(contentsOf: URL(fileURLWithPath: outside / "out"))
    let errors = try Data(contentsOf: URL(fileURLWithPath: outside / "err"))
    #expect(
      process.terminationReason == .exit, "ended by signal \(process.terminationStatus)")
    return Result(
      status: process.terminationStatus, output: String(decoding: output, as: UTF8.self),
      errors: String(decoding: errors, as: UTF8.self), outputBytes: output)
  }

  /// Runs a line of bash in `directory`, with `$LYNX` for the executable.
  static func shell(_ line: String, in directory: TemporaryDirectory) throws -> Result {
    try run(
      ["-c", line], in: directory, environment: ["LYNX": path], program: "/bin/bash")
  }
}

/// An empty directory, removed with all that is in it.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "lynx-command-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    // For tests that do something as another user.
    chmod(path, 0o755)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  static func / (directory: TemporaryDirectory, name: String) -> String {
    "\(directory.path)/\(name)"
  }

  /// The names of all files in it, sorted, hidden ones too.
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: self / name))
  }

  func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: self / name)), as: UTF8.self)
  }
}

/// Says on standard error what could not be tried here, so that it is not taken for tried.
func notTried(_ what: String, because reason: String) {
  FileHandle.standardError.write(Data("NOT TRIED: \(what), because \(reason)\n".utf8))
}
