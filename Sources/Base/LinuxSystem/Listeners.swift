internal import Glibc

extension Processes {
  /// A process that listens on a TCP port of any address; nil if there is none, or it is another user's.
  ///
  /// Reads /proc/net/tcp for the socket's inode and then the descriptors of all processes (proc(5)).
  public static func listening(onPort port: Int) -> ProcessID? {
    var inodes: Set<String> = []
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
      for line in (readText(table) ?? "").split(separator: "\n").dropFirst() {
        let columns = line.split(separator: " ")
        // Local address, state (0A is LISTEN) and inode.
        guard columns.count > 9, columns[3] == "0A",
          let local = columns[1].split(separator: ":").last, Int(local, radix: 16) == port
        else { continue }
        inodes.insert("socket:[\(columns[9])]")
      }
    }
    if inodes.isEmpty { return nil }
    return all().first { process in
      numbers(in: "/proc/\(process)/fd").contains { descriptor in
        inodes.contains(linkTarget("/proc/\(process)/fd/\(descriptor)") ?? "")
      }
    }
  }

  private static func linkTarget(_ path: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let start = buffer.baseAddress else { return nil }
      let count = readlink(path, start, buffer.count)
      guard count > 0 else { return nil }
      return String(
        decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
