internal import Foundation

/// A file system of a few megabytes, gone with its owner. Only root may mount one, also a root of its
/// own user namespace: see ``ownNamespace(filter:)``.
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

  /// Runs a part of these tests once more as root of a user and mount namespace of its own, where an
  /// ordinary user may mount; throws what they printed if they fail, or if the kernel forbids it.
  public static func ownNamespace(filter: String) throws {
    let line = try Data(contentsOf: URL(fileURLWithPath: "/proc/self/cmdline"))
    var words = String(decoding: line, as: UTF8.self).split(separator: "\0").map(String.init)
    while let place = words.firstIndex(where: { ["--filter", "--skip"].contains($0) }) {
      words.removeSubrange(place..<min(place + 2, words.count))
    }
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let output = try Tool.run(
      "/usr/bin/unshare", ["-Urm", program] + words.dropFirst() + ["--filter", filter])
    guard String(decoding: output, as: UTF8.self).contains("with 1 test") else {
      throw Tool.Failure(
        description: "\(filter) did not run: \(String(decoding: output, as: UTF8.self))")
    }
  }
}
