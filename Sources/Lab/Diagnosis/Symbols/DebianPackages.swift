internal import Glibc
internal import LinuxSystem

/// What Debian's package manager knows of a file, and where the debug information of its packages is.
struct DebianPackages: Sendable {
  let files: SystemFiles

  /// The package that a file belongs to, as `dpkg -S` finds it: from the lists below /var/lib/dpkg/info. nil
  /// on another distribution, or for a file of nobody's.
  func owner(of path: String) -> String? {
    let directory = files.path("/var/lib/dpkg/info")
    guard let handle = opendir(directory) else { return nil }
    defer { closedir(handle) }
    // The same file before and behind /usr: lists keep the name that a package was built with.
    let other = path.hasPrefix("/usr/") ? String(path.dropFirst(4)) : "/usr" + path
    let lines = [path, other].map { Array("\n\($0)\n".utf8) }
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name.hasSuffix(".list"),
        let list = try? readFile("\(directory)/\(name)", limit: 64 << 20)
      else { continue }
      if lines.contains(where: { firstPosition(of: $0, in: list) != nil }) {
        let package = name.dropLast(5)
        return String(package.prefix { $0 != ":" })
      }
    }
    return nil
  }

  /// The line that installs a package's debug information (Debian wiki, "HowToGetABacktrace"): from the archive
  /// of debug packages, which is made known first where it is not.
  func debugLine(for package: String) -> String {
    // The C library's own package is older than that archive, and elsewhere.
    if package == "libc6" { return "apt-get install -y libc6-dbg" }
    let install = "apt-get install -y \(package)-dbgsym"
    let release = osRelease
    guard release["ID"] == "debian", let codename = release["VERSION_CODENAME"], !knowsArchive
    else {
      return install
    }
    return "echo 'deb http://deb.debian.org/debian-debug/ \(codename)-debug main' "
      + "> /etc/apt/sources.list.d/debug.list && apt-get update && \(install)"
  }

  /// Whether apt has been told of an archive of debug packages.
  private var knowsArchive: Bool {
    var sources = ["/etc/apt/sources.list"]
    let directory = "/etc/apt/sources.list.d"
    if let handle = opendir(files.path(directory)) {
      defer { closedir(handle) }
      while let entry = readdir(handle) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name.hasSuffix(".list") || name.hasSuffix(".sources") {
          sources.append("\(directory)/\(name)")
        }
      }
    }
    return sources.contains { path in
      (files.text(path) ?? "").split(separator: "\n").contains {
        !$0.hasPrefix("#") && $0.contains("-debug")
      }
    }
  }

  /// os-release(5).
  private var osRelease: [String: String] {
    var values: [String: String] = [:]
    for line in (files.text("/etc/os-release") ?? "").split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else { continue }
      let value = line[line.index(after: equals)...]
      values[String(line[..<equals])] = String(value.filter { $0 != "\"" && $0 != "'" })
    }
    return values
  }
}
