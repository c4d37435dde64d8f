internal import Glibc
internal import LinuxSystem
internal import Terminal

extension Remedy {
  /// Whether systemd is there to be asked: a container or a small virtual machine may not have it.
  static var canAskSystemd: Bool { access("/run/systemd/system", F_OK) == 0 }

  /// Makes a directory that is missing, with those above it: by the user where that one may, else by root for the
  /// user. Where the user could not reach it, or a file is in its way, another place is asked for.
  static func makeDirectory(_ path: String) -> Remedy {
    if faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) != 0, errno == EACCES {
      return DirectoryFindings.elsewhere
    }
    var above = path
    repeat {
      above = DirectoryFindings.parent(of: above)
    } while access(above, F_OK) != 0 && above != "/" && above != "."
    var status = stat()
    guard stat(above, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      return Remedy("\(above) is a file; name another place")
    }
    // What begins with a dash would be an option.
    let word = shellWord(path.hasPrefix("-") ? "./" + path : path)
    if faccessat(AT_FDCWD, above, W_OK | X_OK, AT_EACCESS) == 0 {
      return Remedy("mkdir -p \(word)", isOwn: true)
    }
    let user = shellWord(Machine.userName(Machine.effectiveUser))
    return Remedy("sudo install -d -o \(user) \(word)", needsRoot: true)
  }
}
