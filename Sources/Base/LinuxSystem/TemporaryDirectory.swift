internal import Glibc

/// A directory of its own for files that nobody needs afterwards.
public final class TemporaryDirectory: Sendable {
  public let path: String

  /// Makes one below `TMPDIR` or /tmp that only this user may look into.
  public init(prefix: String) throws(SystemCallError) {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let template = "\(parent.isEmpty ? "/tmp" : parent)/\(prefix)-XXXXXX"
    var name = template.utf8CString.map { $0 }
    guard mkdtemp(&name) != nil else {
      throw SystemCallError(call: "mkdtemp", code: errno, subject: template)
    }
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Removes it with everything in it. Symbolic links are removed, not followed.
  public func remove() { Self.remove(path) }

  private static func remove(_ path: String) {
    if unlink(path) == 0 { return }
    if let directory = opendir(path) {
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { remove("\(path)/\(name)") }
      }
      closedir(directory)
    }
    rmdir(path)
  }
}
