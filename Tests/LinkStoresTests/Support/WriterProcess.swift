import Foundation
import TestSupport

/// `LinkWriter` as a process, to be killed at any moment.
final class WriterProcess {
  private let process = Process()
  private let output: URL

  /// Beside the tests' own executable. What it acknowledges goes to `output`.
  init(
    _ database: String, prefix: String, outstanding: Int, count: Int? = nil, output: String,
    tracedBy tracer: [String] = []
  ) throws {
    self.output = URL(fileURLWithPath: output)
    let program = try fixtureProgram("LinkWriter")
    let arguments =
      tracer + [program, database, prefix, "\(outstanding)"] + (count.map { ["\($0)"] } ?? [])
    process.executableURL = URL(fileURLWithPath: arguments[0])
    process.arguments = Array(arguments.dropFirst())
    try Data().write(to: self.output)
    process.standardOutput = try FileHandle(forWritingTo: self.output)
    try process.run()
  }

  /// The codes of whole lines written so far.
  func acknowledged() throws -> [String] {
    let text = try String(contentsOf: output, encoding: .utf8)
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  /// Waits until it has acknowledged at least so many; false if it ended before.
  func waits(forAcknowledged count: Int) throws -> Bool {
    while try acknowledged().count < count {
      guard process.isRunning else { return try acknowledged().count >= count }
      usleep(2_000)
    }
    return true
  }

  func kill() {
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Waits for its end; its status.
  func end() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }
}

/// A program of Tests/Fixtures, which is built beside the tests' own executable.
func fixtureProgram(_ name: String) throws -> String {
  let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
  var folder = URL(fileURLWithPath: executable).deletingLastPathComponent()
  // swift test runs a bundle in the build folder, or a helper of the toolchain's.
  for argument in CommandLine.arguments where argument.hasSuffix(".xctest") {
    folder = URL(fileURLWithPath: argument).deletingLastPathComponent()
  }
  let path = folder.appendingPathComponent(name).path
  guard FileManager.default.isExecutableFile(atPath: path) else {
    throw Tool.Failure(description: "there is no \(path); run swift build --build-tests first")
  }
  return path
}
