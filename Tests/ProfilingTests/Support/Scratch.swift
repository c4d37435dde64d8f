import Foundation
import Glibc

/// An empty directory that everybody may write to, removed with all that is in it.
final class Scratch {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "lynx-profiling-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    chmod(path, 0o777)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  static func / (directory: Scratch, name: String) -> String { "\(directory.path)/\(name)" }

  /// The names of all files in it, sorted, hidden ones too.
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: self / name)), as: UTF8.self)
  }

  func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: self / name))
  }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: self / name))
  }

  /// Copies a program to where everybody may execute it.
  func adopt(_ program: String, as name: String) throws -> String {
    try FileManager.default.copyItem(atPath: program, toPath: self / name)
    chmod(self / name, 0o755)
    return self / name
  }
}
