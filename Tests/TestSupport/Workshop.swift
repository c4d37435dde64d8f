internal import Foundation

/// Compiles programs for tests into a directory of their own, removed with the last of them.
public final class Workshop {
  public let path: String

  public init() throws {
    path = NSTemporaryDirectory() + "lynx-workshop-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  public static func / (workshop: Workshop, name: String) -> String { "\(workshop.path)/\(name)" }

  /// Where Tests/Fixtures/Programs lies.
  public static func program(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/Programs/\(name)").path
  }

  /// Writes a source file; its path.
  public func source(_ name: String, _ text: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: self / name))
    return self / name
  }

  /// Runs a command line in the directory, tools found on the PATH; its output. One that is
  /// missing or fails makes the test fail.
  @discardableResult
  public func run(_ line: String, input: [UInt8] = []) throws -> String {
    let output = try Tool.run(
      "/bin/bash", ["-c", "cd \"$1\" && \(line)", "bash", path], input: input)
    return String(decoding: output, as: UTF8.self)
  }
}
