import Diagnosis
import Foundation

/// A copy of /proc and /sys that says what a test wants; removed with the last reference.
final class FakeRoot {
  private let folder: URL

  /// `contents` by path, from the root on.
  init(_ contents: [String: String] = [:]) throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("lynx-fake-root-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (path, text) in contents { try write(text, to: path) }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func write(_ text: String, to path: String) throws {
    let file = folder.appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  var files: SystemFiles { SystemFiles(root: folder.path) }

  /// What this file says now.
  func text(_ path: String) -> String? { files.text(path) }

  /// A remedy's line that works on these files instead of the machine's, and without sudo.
  func line(_ remedy: Remedy?) -> String {
    (remedy?.line ?? "exit 1").replacingOccurrences(of: "sudo ", with: "")
      .replacingOccurrences(of: "/sys/", with: "\(folder.path)/sys/")
  }
}
