internal import FoundationEssentials
internal import LinuxSystem
public import Terminal

/// What a running `lynx serve` tells other commands on its machine: which process it is, and where it
/// listens. A small file in a directory for such things, gone with the server.
public struct ServerAnnouncement: Sendable, Equatable, Codable {
  /// The process's number and when it started, in clock ticks since the machine did (proc(5),
  /// /proc/PID/stat): numbers are used again.
  public var pid: Int32
  public var startTicks: UInt64
  public var version: String
  /// URLs, and `unix:PATH`.
  public var redirects: [String]
  public var api: [String]
  /// Without a password.
  public var database: String

  enum CodingKeys: String, CodingKey {
    case pid, version, redirects, api, database
    case startTicks = "start_ticks"
  }

  /// Of this process.
  public init(version: String, redirects: [String], api: [String], database: String) {
    pid = Processes.ownID
    startTicks = Processes.startTicks(of: pid) ?? 0
    self.version = version
    self.redirects = redirects
    self.api = api
    self.database = database
  }

  /// Larger files are none of ours.
  private static let longestFile = 65_536

  /// Writes it where the others look, and gives its path.
  ///
  /// - Throws: ``CommandError`` if it cannot be written.
  public func publish() throws(CommandError) -> String {
    let directory = RuntimeDirectories.own
    try RuntimeDirectories.make(directory)
    let path = "\(directory)/serve-\(pid).json"
    let text = JSONValue.object([
      .init("schema", 1), .init("pid", .integer(Int64(pid))),
      .init("start_ticks", .integer(Int64(clamping: startTicks))),
      .init("version", .string(version)),
      .init("redirects", .array(redirects.map { .string($0) })),
      .init("api", .array(api.map { .string($0) })), .init("database", .string(database)),
    ]).text
    try OutputFile.write(Array((text + "\n").utf8), to: path)
    return path
  }

  /// The servers that run on this machine now, by process number, as far as this user may look. Files of
  /// servers that are gone are passed over, and removed where that is allowed.
  public static func running() -> [ServerAnnouncement] {
    var found: [Int32: ServerAnnouncement] = [:]
    for path in RuntimeDirectories.all.flatMap(RuntimeDirectories.announcements) {
      guard let bytes = try? readFile(path, limit: longestFile),
        let announcement = try? JSONDecoder().decode(Self.self, from: Data(bytes))
      else { continue }
      if Processes.startTicks(of: announcement.pid) == announcement.startTicks {
        found[announcement.pid] = announcement
      } else {
        RuntimeDirectories.remove(path)
      }
    }
    return found.values.sorted { $0.pid < $1.pid }
  }

  /// Where its API can be reached by HTTP; nil if only otherwise.
  public var apiURL: String? { api.first { $0.hasPrefix("http") } }
}
