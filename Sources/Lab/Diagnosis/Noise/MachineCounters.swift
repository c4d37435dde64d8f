internal import LinuxSystem

/// What the kernel has counted by some moment.
struct MachineCounters: Sendable {
  /// CPU time by what it was for, in clock ticks of all CPUs together (proc(5), /proc/stat).
  struct Ticks: Sendable {
    var total: UInt64 = 0
    var idle: UInt64 = 0
    var steal: UInt64 = 0
  }

  /// A group's turns under a quota (Documentation/admin-guide/cgroup-v2.rst, cpu.stat).
  struct Turns: Sendable, Equatable {
    var periods: UInt64
    var throttled: UInt64
  }

  var ticks: Ticks?
  /// Pages read back from swap or written to it.
  var swapped: UInt64?
  var turns: Turns?
  /// How often cores and packages slowed down for being hot.
  var heat: UInt64?

  static func read(_ files: SystemFiles) -> MachineCounters {
    MachineCounters(
      ticks: files.text("/proc/stat").flatMap(ticks), swapped: swapped(files),
      turns: ControlGroup.cpu(files).flatMap { $0.turns(files) }, heat: heat(files))
  }

  private static func ticks(_ stat: String) -> Ticks? {
    guard let line = stat.split(separator: "\n").first, line.hasPrefix("cpu ") else { return nil }
    let fields = line.split(separator: " ").dropFirst().map { UInt64($0) ?? 0 }
    guard fields.count >= 8 else { return nil }
    // Guests' time, behind the eighth, is part of the first two already.
    return Ticks(
      total: fields[..<8].reduce(0, &+), idle: fields[3] &+ fields[4], steal: fields[7])
  }

  private static func swapped(_ files: SystemFiles) -> UInt64? {
    guard let text = files.text("/proc/vmstat") else { return nil }
    let counts = text.split(separator: "\n").compactMap { line -> UInt64? in
      let words = line.split(separator: " ")
      guard words.count == 2, words[0] == "pswpin" || words[0] == "pswpout" else { return nil }
      return UInt64(words[1])
    }
    return counts.isEmpty ? nil : counts.reduce(0, &+)
  }

  private static func heat(_ files: SystemFiles) -> UInt64? {
    let counts = files.processors.flatMap { cpu in
      ["core_throttle_count", "package_throttle_count"].compactMap { name in
        files.number("/sys/devices/system/cpu/cpu\(cpu)/thermal_throttle/\(name)")
      }
    }
    return counts.isEmpty ? nil : counts.reduce(0) { $0 &+ UInt64(clamping: $1) }
  }
}

/// What was counted from one moment to a later one.
struct MachineInterval: Sendable {
  var before: MachineCounters
  var after: MachineCounters

  /// Watches the machine for a while that is long enough for some ticks.
  static func watched(_ files: SystemFiles, milliseconds: Int32 = 200) -> MachineInterval {
    let before = MachineCounters.read(files)
    _ = waitForReadable([], timeoutMilliseconds: milliseconds)
    return MachineInterval(before: before, after: MachineCounters.read(files))
  }

  /// The difference of a count that only grows; nil if it is not there.
  func growth(_ count: (MachineCounters) -> UInt64?) -> UInt64? {
    guard let before = count(before), let after = count(after) else { return nil }
    return after >= before ? after - before : 0
  }
}

extension SystemFiles {
  /// The numbers of the CPUs that are online.
  var processors: [Int] { Self.numbers(text("/sys/devices/system/cpu/online") ?? "") }

  /// `0-3,8` as numbers; what is not understood is passed over.
  static func numbers(_ list: String) -> [Int] {
    list.split(separator: ",").flatMap { part -> [Int] in
      let ends = part.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, first >= 0, first <= last, last < 65_536
      else { return [] }
      return Array(first...last)
    }
  }
}
