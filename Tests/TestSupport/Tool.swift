internal import Foundation

/// Runs a program that gives a second opinion. One that is missing makes the test fail.
public enum Tool {
  public struct Failure: Error, CustomStringConvertible {
    public var description: String

    public init(description: String) { self.description = description }
  }

  /// What the program printed, which must end with status 0; `input` is its standard input.
  public static func run(_ path: String, _ arguments: [String], input: [UInt8] = []) throws
    -> [UInt8]
  {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("lynx-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // Files rather than pipes: neither side can wait for the other.
    let files = ["in", "out", "err"].map { folder.appendingPathComponent($0) }
    for file in files { try Data().write(to: file) }
    try Data(input).write(to: files[0])

    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let message = String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
      throw Failure(
        description: "\(path) \(arguments) ended with \(process.terminationStatus): \(message)")
    }
    return [UInt8](try Data(contentsOf: files[1]))
  }
}
