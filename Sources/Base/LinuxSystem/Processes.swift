internal import CLinuxShims
internal import Glibc

/// The id of a process or of one of its threads, as this process's pid namespace numbers them.
public typealias ProcessID = Int32

/// What /proc tells of processes and threads. Everything here may be gone the next moment: a
/// process that ended is an empty answer, not an error.
public enum Processes {
  /// One line of /proc/PID/maps.
  public struct MappedRegion: Sendable, Equatable {
    public let start: UInt64
    public let end: UInt64
    public let isExecutable: Bool
    /// Whether it may be read and written.
    public let isWritable: Bool
    public let fileOffset: UInt64
    public let deviceMajor: UInt32
    public let deviceMinor: UInt32
    public let inode: UInt64
    /// A path, a name in brackets, or empty for anonymous memory.
    public let path: String
  }

  /// Whether a process or thread with this id exists, though it may be another user's.
  public static func exists(_ id: ProcessID) -> Bool {
    kill(id, 0) == 0 || errno == EPERM
  }

  /// Whether a process or thread can still run: it exists and is not what is left of one that ended
  /// until its parent asks for it.
  public static func isAlive(_ id: ProcessID) -> Bool {
    guard exists(id) else { return false }
    guard let state = readStat(of: id)?.state else { return true }
    return state != "Z" && state != "X"
  }

  /// The thread ids of a process, empty if it is gone.
  public static func threads(of process: ProcessID) -> [ProcessID] {
    numbers(in: "/proc/\(process)/task")
  }

  /// The ids of all processes that can be seen.
  public static func all() -> [ProcessID] { numbers(in: "/proc") }

  /// A process and all that descend from it, itself first.
  public static func tree(of root: ProcessID) -> [ProcessID] {
    var children: [ProcessID: [ProcessID]] = [:]
    for process in all() {
      if let parent = readStat(of: process)?.parent {
        children[parent, default: []].append(process)
      }
    }
    var found = [root]
    var next = 0
    while next < found.count {
      found.append(contentsOf: (children[found[next]] ?? []).filter { !found.contains($0) })
      next += 1
    }
    return found
  }

  /// What /proc/PID/status says of a process or thread.
  public struct Status: Sendable {
    public let name: String
    public let state: Character
    public let threadGroup: ProcessID
    public let parent: ProcessID
    public let effectiveUser: UInt32
    public let effectiveCapabilities: UInt64
    /// 0 none, 1 strict, 2 filter.
    public let seccompMode: Int
    /// Peak resident memory in bytes.
    public let peakMemoryBytes: Int64
    /// Ids of this process from the outermost to its own pid namespace.
    public let namespaceIDs: [ProcessID]
  }

  public static func status(of id: ProcessID) -> Status? { status(at: "/proc/\(id)/status") }

  /// What is said of this process itself.
  public static var ownStatus: Status? { status(at: "/proc/self/status") }

  private static func status(at path: String) -> Status? {
    guard let text = readText(path) else { return nil }
    var fields: [Substring: Substring] = [:]
    for line in text.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[line[..<colon]] = line[line.index(after: colon)...].drop { $0 == "\t" || $0 == " " }
    }
    func words(_ key: Substring) -> [Substring] {
      (fields[key] ?? "").split { $0 == "\t" || $0 == " " }
    }
    func number(_ key: Substring, _ position: Int = 0) -> Int64 {
      let list = words(key)
      return position < list.count ? Int64(list[position]) ?? 0 : 0
    }
    return Status(
      name: String(fields["Name"] ?? ""), state: fields["State"]?.first ?? "?",
      threadGroup: ProcessID(truncatingIfNeeded: number("Tgid")),
      parent: ProcessID(truncatingIfNeeded: number("PPid")),
      effectiveUser: UInt32(truncatingIfNeeded: number("Uid", 1)),
      effectiveCapabilities: UInt64(words("CapEff").first ?? "0", radix: 16) ?? 0,
      seccompMode: Int(number("Seccomp")),
      peakMemoryBytes: number("VmHWM") * 1024,
      namespaceIDs: words("NSpid").compactMap { ProcessID($0) })
  }

  /// The name of a thread as the kernel shows it, at most 15 bytes.
  public static func name(of process: ProcessID, thread: ProcessID) -> String? {
    readText("/proc/\(process)/task/\(thread)/comm")
  }

  /// The arguments a process was started with.
  public static func commandLine(of process: ProcessID) -> [String] {
    guard let bytes = try? readFile("/proc/\(process)/cmdline") else { return [] }
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The path of the program that a process or thread runs, without the note that it was deleted or
  /// replaced; nil if there is none or it is not ours to see.
  public static func executable(of id: ProcessID) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/\(id)/exe", &buffer, buffer.count)
    guard count > 0 else { return nil }
    let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let note = " (deleted)"
    return path.hasSuffix(note) ? String(path.dropLast(note.count)) : path
  }

  /// Whether a process or thread runs the very file that this one does.
  public static func runsOwnExecutable(_ id: ProcessID) -> Bool {
    var own = stat()
    var other = stat()
    return stat("/proc/self/exe", &own) == 0 && stat("/proc/\(id)/exe", &other) == 0
      && own.st_dev == other.st_dev && own.st_ino == other.st_ino
  }

  /// An absolute path without links; nil if there is nothing there.
  public static func resolved(path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  /// This process's number.
  public static var ownID: ProcessID { getpid() }

  /// The number of the calling thread.
  public static var ownThread: ProcessID { lynx_thread_id() }

  /// The mapped memory of a process, in order of address; empty if it is gone or not ours to see.
  public static func mappings(of process: ProcessID) -> [MappedRegion] {
    guard let bytes = try? readFile("/proc/\(process)/maps") else { return [] }
    return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let text = String(decoding: line, as: UTF8.self)
      let fields = text.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
      guard fields.count >= 5 else { return nil }
      let range = fields[0].split(separator: "-")
      let device = fields[3].split(separator: ":")
      guard range.count == 2, device.count == 2, let start = UInt64(range[0], radix: 16),
        let end = UInt64(range[1], radix: 16), let offset = UInt64(fields[2], radix: 16),
        let major = UInt32(device[0], radix: 16), let minor = UInt32(device[1], radix: 16),
        let inode = UInt64(fields[4])
      else { return nil }
      let path = fields.count > 5 ? String(fields[5].drop { $0 == " " }) : ""
      return MappedRegion(
        start: start, end: end, isExecutable: fields[1].contains("x"),
        isWritable: fields[1].hasPrefix("rw"), fileOffset: offset,
        deviceMajor: major, deviceMinor: minor, inode: inode, path: path)
    }
  }

  /// A program that would be executed under a name.
  public struct Program: Sendable {
    public let path: String
    /// Whether its user or group become those of its file (set-user-ID, set-group-ID).
    public let changesUser: Bool
    public let isDirectory: Bool
  }

  /// Looks a program up as execvp(3) does, though it may lack the permission to be executed.
  public static func program(named name: String) -> Program? {
    var places = [name]
    if !name.contains("/") {
      let search = getenv("PATH").map { String(cString: $0) } ?? "/bin:/usr/bin"
      places = search.split(separator: ":", omittingEmptySubsequences: false)
        .map { $0.isEmpty ? name : "\($0)/\(name)" }
    }
    for place in places {
      var status = stat()
      guard stat(place, &status) == 0 else { continue }
      return Program(
        path: place, changesUser: status.st_mode & (S_ISUID | S_ISGID) != 0,
        isDirectory: status.st_mode & S_IFMT == S_IFDIR)
    }
    return nil
  }

  /// A descriptor that polls readable when the process has ended; nil if there is none to have.
  public static func endDescriptor(of process: ProcessID) -> Int32? {
    let number = lynx_pidfd_open(process)
    return number >= 0 ? number : nil
  }

  /// The open descriptors of a process whose link in /proc reads `kind` (proc_pid_fd(5)), opened here
  /// as well, to be closed by the caller; those that cannot be had are left out. Needs the right to
  /// trace it (pidfd_getfd(2), Linux 5.6).
  public static func duplicateDescriptors(of process: ProcessID, kind: String) -> [Int32] {
    guard let pidfd = endDescriptor(of: process) else { return [] }
    defer { close(pidfd) }
    let directory = "/proc/\(process)/fd"
    return numbers(in: directory)
      .filter { linkTarget("\(directory)/\($0)") == kind }
      .map { lynx_pidfd_getfd(pidfd, $0) }
      .filter { $0 >= 0 }
  }

  static func numbers(in directory: String) -> [ProcessID] {
    guard let handle = opendir(directory) else { return [] }
    defer { closedir(handle) }
    var found: [ProcessID] = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let number = ProcessID(name) { found.append(number) }
    }
    return found.sorted()
  }
}
