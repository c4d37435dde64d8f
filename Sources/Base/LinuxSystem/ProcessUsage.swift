internal import Glibc

extension Processes {
  /// What this process uses of the machine.
  public struct Usage: Sendable {
    public let residentBytes: Int64
    public let virtualBytes: Int64
    public let openFiles: Int
  }

  /// As of now; nil where /proc is not mounted.
  public static var ownUsage: Usage? {
    // Pages: proc(5), /proc/PID/statm.
    guard let text = readText("/proc/self/statm") else { return nil }
    let pages = text.split(separator: " ").prefix(2).compactMap { Int64($0) }
    guard pages.count == 2, let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var entries = 0
    while readdir(directory) != nil { entries += 1 }
    let size = Int64(sysconf(Int32(_SC_PAGESIZE)))
    // Besides `.`, `..` and what this listing itself has open.
    return Usage(
      residentBytes: pages[1] * size, virtualBytes: pages[0] * size, openFiles: max(0, entries - 3))
  }
}
