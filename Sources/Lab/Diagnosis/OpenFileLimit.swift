internal import Glibc

extension Finding {
  /// What failed for want of descriptors is mended by more of them, whatever else was tried.
  func blamedOnOpenFiles() -> Finding {
    guard status == .failed || status == .warning,
      observed.contains(String(cString: strerror(EMFILE))) || observed.hasPrefix("EMFILE")
        || observed.contains(" open files: each thread")
    else { return self }
    var finding = self
    finding.remedy = .moreOpenFiles
    return finding
  }
}

extension Remedy {
  private static let enough: UInt64 = 65536

  /// The limit of open files raised, for what is started from the same shell: as far as a shell may, or
  /// beyond by root.
  static var moreOpenFiles: Remedy {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    let mayRaise = UInt64(limit.rlim_max) >= max(1024, UInt64(limit.rlim_cur) * 2)
    return mayRaise
      ? Remedy(
        "ulimit -n \(min(UInt64(limit.rlim_max), enough))   # then start lynx from the same shell")
      : Remedy(
        "sudo prlimit --pid $$ --nofile=\(enough):\(enough)   # ulimit -n beyond its hard limit; then start lynx from the same shell",
        needsRoot: true)
  }
}
