/// The control group that limits this process's CPU time, of either version (cgroups(7)).
struct ControlGroup: Sendable {
  /// Its directory and those above it, up to where groups are mounted.
  let directories: [String]
  let isSecondVersion: Bool

  struct Quota: Sendable, Equatable {
    /// In CPUs.
    var cpus: Double
    /// The file that says so.
    var file: String
  }

  /// Nil if there is no such group, or its files are not there.
  static func cpu(_ files: SystemFiles) -> ControlGroup? {
    guard let groups = files.text("/proc/self/cgroup") else { return nil }
    var second: String?
    var first: (controllers: String, path: String)?
    for line in groups.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      if fields[0] == "0", fields[1].isEmpty {
        second = String(fields[2])
      } else if fields[1].split(separator: ",").contains("cpu") {
        first = (String(fields[1]), String(fields[2]))
      }
    }
    // Where both are there, the controller is in the first version's tree.
    if let first {
      for mount in ["/sys/fs/cgroup/\(first.controllers)", "/sys/fs/cgroup/cpu"]
      where files.text("\(mount)/cpu.cfs_quota_us") != nil
        || files.text("\(mount)\(first.path)/cpu.cfs_quota_us") != nil
      {
        return ControlGroup(
          directories: directories(mount, first.path), isSecondVersion: false)
      }
    }
    guard let second, files.text("/sys/fs/cgroup/cgroup.controllers") != nil else { return nil }
    return ControlGroup(directories: directories("/sys/fs/cgroup", second), isSecondVersion: true)
  }

  /// `mount/a/b`, `mount/a`, `mount`. In a container a path may be the host's, with nothing behind it.
  private static func directories(_ mount: String, _ path: String) -> [String] {
    var parts = path.split(separator: "/").filter { $0 != ".." }
    var found: [String] = []
    while !parts.isEmpty {
      found.append("\(mount)/\(parts.joined(separator: "/"))")
      parts.removeLast()
    }
    return found + [mount]
  }

  /// The smallest of the quotas that apply; nil if none does.
  func quota(_ files: SystemFiles) -> Quota? {
    directories.compactMap { own($0, files) }.min { $0.cpus < $1.cpus }
  }

  private func own(_ directory: String, _ files: SystemFiles) -> Quota? {
    let file: String
    let numbers: [Double?]
    if isSecondVersion {
      file = "\(directory)/cpu.max"
      // "max 100000" or "50000 100000".
      numbers = (files.text(file) ?? "").split(separator: " ").map { Double($0) }
    } else {
      file = "\(directory)/cpu.cfs_quota_us"
      numbers = [file, "\(directory)/cpu.cfs_period_us"].map { name in
        files.number(name).map(Double.init)
      }
    }
    guard numbers.count == 2, let quota = numbers[0], let period = numbers[1], quota > 0,
      period > 0
    else { return nil }
    return Quota(cpus: quota / period, file: file)
  }

  /// Its turns, of the innermost group that counts them.
  func turns(_ files: SystemFiles) -> MachineCounters.Turns? {
    for directory in directories {
      var counts: [Substring: UInt64] = [:]
      for line in (files.text("\(directory)/cpu.stat") ?? "").split(separator: "\n") {
        let words = line.split(separator: " ")
        if words.count == 2, let count = UInt64(words[1]) { counts[words[0]] = count }
      }
      if let periods = counts["nr_periods"], let throttled = counts["nr_throttled"] {
        return .init(periods: periods, throttled: throttled)
      }
    }
    return nil
  }
}
