internal import Foundation

/// A file system of a few megabytes, gone with its owner. Only root may mount one, also a root of its
/// own user namespace: see ``runInOwnNamespace(_:printing:)``.
public final class SmallDisk {
  public let path: String
  private var ballast: String { path + "/ballast" }

  /// - Parameter ballastBytes: what ``makeRoom()`` gives back later.
  public init(bytes: Int, ballastBytes: Int) throws {
    path = NSTemporaryDirectory() + "lynx-disk-" + UUID().uuidString.prefix(8).lowercased()
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    do {
      _ = try Tool.run(
        "/usr/bin/mount", ["-t", "tmpfs", "-o", "size=\(bytes),mode=1777", "tmpfs", path])
    } catch {
      rmdir(path)
      throw error
    }
    try Data(count: ballastBytes).write(to: URL(fileURLWithPath: ballast))
  }

  deinit {
    _ = try? Tool.run("/usr/bin/umount", ["-l", path])
    rmdir(path)
  }

  public func makeRoom() throws { try FileManager.default.removeItem(atPath: ballast) }

  /// Whether this process may mount.
  public static var isPermitted: Bool { geteuid() == 0 }

  /// Runs a test of this program once more as root of a user and mount namespace of its own, where an
  /// ordinary user may mount. Throws if it fails, if the kernel forbids it, or if it does not print what
  /// it prints when it runs.
  public static func runInOwnNamespace(_ test: String, printing text: String) throws {
    let line = try Data(contentsOf: URL(fileURLWithPath: "/proc/self/cmdline"))
    let words = String(decoding: line, as: UTF8.self).split(separator: "\0").map(String.init)
    var arguments = ["--testing-library", "swift-testing", "--filter", test]
    // Where a helper runs the tests.
    if let place = words.firstIndex(of: "--test-bundle-path"), place + 1 < words.count {
      arguments += words[place...(place + 1)]
    }
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let output = String(
      decoding: try Tool.run("/usr/bin/unshare", ["-Urm", program] + arguments), as: UTF8.self)
    guard output.contains(text) else {
      throw Tool.Failure(description: "\(test) did not run in a namespace: \(output)")
    }
  }
}
