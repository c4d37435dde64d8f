internal import Glibc
internal import LinuxSystem
internal import Terminal

extension Remedy {
  /// Whether systemd is there to be asked: a container or a small virtual machine may not have it.
  static var canAskSystemd: Bool { access("/run/systemd/system", F_OK) == 0 }

  /// Makes a directory that is missing, with those above it: by the user where that one may, else by root for the
  /// user.
  static func makeDirectory(_ path: String) -> Remedy {
    var above = path
    repeat {
      above = DirectoryFindings.parent(of: above)
    } while access(above, F_OK) != 0
      && above != "/" && above != "."
    if faccessat(AT_FDCWD, above, W_OK | X_OK, AT_EACCESS) == 0 {
      return Remedy("mkdir -p \(shellWord(path))", isOwn: true)
    }
    let user = shellWord(Machine.userName(Machine.effectiveUser))
    return Remedy("sudo install -d -o \(user) \(shellWord(path))", needsRoot: true)
  }
}
