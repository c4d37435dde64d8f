internal import Glibc
internal import LinuxSystem

/// What Debian's package manager knows of a file, and where the debug information of its packages is.
struct DebianPackages: Sendable {
  let files: SystemFiles

  /// The packages that files belong to, as `dpkg -S` finds them: from the lists below /var/lib/dpkg/info, each
  /// read once. Without those of nobody's; none on another distribution.
  func owners(of paths: [String]) -> [String: String] {
    let directory = files.path("/var/lib/dpkg/info")
    guard !paths.isEmpty, let handle = opendir(directory) else { return [:] }
    defer { closedir(handle) }
    // The same file before and behind /usr: lists keep the name that a package was built with.
    var wanted = paths.map { path in
      let other = path.hasPrefix("/usr/") ? String(path.dropFirst(4)) : "/usr" + path
      return (path: path, lines: [path, other].map { Array("\n\($0)\n".utf8) })
    }
    var found: [String: String] = [:]
    while !wanted.isEmpty, let entry = readdir(handle) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name.hasSuffix(".list"),
        let list = try? readFile("\(directory)/\(name)", limit: 64 << 20)
      else { continue }
      wanted.removeAll { file in
        guard file.lines.contains(where: { firstPosition(of: $0, in: list) != nil }) else {
          return false
        }
        found[file.path] = String(name.dropLast(5).prefix { $0 != ":" })
        return true
      }
    }
    return found
  }

  /// The package that a file belongs to.
  func owner(of path: String) -> String? { owners(of: [path])[path] }

  /// The line that installs packages' debug information (Debian wiki, "HowToGetABacktrace"): from the archive
  /// of debug packages, which is made known first where it is not. Those of security updates come with the next
  /// point release's (Debian wiki, "AutomaticDebugPackages").
  func debugLine(for packages: [String]) -> String {
    // The C library's own package is older than that archive, and elsewhere.
    let names = packages.map { $0 == "libc6" ? "libc6-dbg" : "\($0)-dbgsym" }
    let install = "sudo apt-get install -y \(names.joined(separator: " "))"
    let release = osRelease
    guard packages != ["libc6"], release["ID"] == "debian",
      let codename = release["VERSION_CODENAME"], !knowsArchive
    else {
      return install
    }
    let place = "deb http://deb.debian.org/debian-debug/"
    return
      "printf '%s\\n' '\(place) \(codename)-debug main' '\(place) \(codename)-proposed-updates-debug main' "
      + "| sudo tee /etc/apt/sources.list.d/debug.list && sudo apt-get update && \(install)"
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
