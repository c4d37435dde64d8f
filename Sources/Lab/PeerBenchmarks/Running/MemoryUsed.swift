import LinuxSystem

/// Memory of this process that is resident now.
struct MemoryUsed {
  /// In bytes.
  private(set) var residentBytes: Int64 = 0
  /// How much of it is in large pages.
  private(set) var largePageBytes: Int64 = 0

  /// From /proc/self/smaps_rollup, which counts page by page; proc(5).
  init() {
    for line in (readText("/proc/self/smaps_rollup") ?? "").split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 3, words[2] == "kB", let kilobytes = Int64(words[1]) else { continue }
      if words[0] == "Rss:" { residentBytes = kilobytes * 1024 }
      if words[0] == "AnonHugePages:" { largePageBytes = kilobytes * 1024 }
    }
  }

  /// What has come since.
  func since(_ before: MemoryUsed) -> MemoryUsed {
    var difference = self
    difference.residentBytes -= before.residentBytes
    difference.largePageBytes -= before.largePageBytes
    return difference
  }
}
