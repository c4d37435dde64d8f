internal import Glibc

extension Processes {
  /// A process that listens on a TCP port of any address; nil if there is none, or it is another user's.
  ///
  /// Reads /proc/net/tcp for the socket's inode and then the descriptors of all processes (proc(5)).
  public static func listening(onPort port: Int) -> ProcessID? {
    let sockets = listeners(onPort: port)
    return sockets.isEmpty ? nil : all().first { holds($0, oneOf: sockets) }
  }

  /// All that listen on it: a server and its workers may share a socket, or several a port.
  public static func allListening(onPort port: Int) -> [ProcessID] {
    let sockets = listeners(onPort: port)
    return sockets.isEmpty ? [] : all().filter { holds($0, oneOf: sockets) }
  }

  /// What the sockets are called in /proc/PID/fd.
  private static func listeners(onPort port: Int) -> Set<String> {
    Set(sockets(onPort: port).filter(\.isListening).map { "socket:[\($0.inode)]" })
  }

  /// A socket that has a TCP port of this machine.
  public struct PortSocket: Sendable, Equatable {
    public let isListening: Bool
    /// Whose it is; 0 also for what no process has any more.
    public let user: UInt32
    public let inode: UInt64
  }

  /// The sockets that have a TCP port, of any address, from /proc/net/tcp and tcp6 below `root`.
  public static func sockets(onPort port: Int, root: String = "") -> [PortSocket] {
    ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { table in
      (readText(root + table) ?? "").split(separator: "\n").dropFirst().compactMap { line in
        let columns = line.split(separator: " ")
        // Local address, state (0A is LISTEN), user and inode.
        guard columns.count > 9, let local = columns[1].split(separator: ":").last,
          Int(local, radix: 16) == port, let user = UInt32(columns[7]),
          let inode = UInt64(columns[9])
        else { return nil }
        return PortSocket(isListening: columns[3] == "0A", user: user, inode: inode)
      }
    }
  }

  private static func holds(_ process: ProcessID, oneOf sockets: Set<String>) -> Bool {
    numbers(in: "/proc/\(process)/fd").contains { descriptor in
      sockets.contains(linkTarget("/proc/\(process)/fd/\(descriptor)") ?? "")
    }
  }

  static func linkTarget(_ path: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let start = buffer.baseAddress else { return nil }
      let count = readlink(path, start, buffer.count)
      guard count > 0 else { return nil }
      return String(
        decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
