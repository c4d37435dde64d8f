import Glibc

/// Puts a complete file in the place of `name` in `directory`.
struct FileReplacement {
  typealias Failure = OutputTarget.Failure

  let directory: String
  let name: String
  /// What is there now.
  let existing: stat?

  func write(_ bytes: [UInt8]) throws(Failure) {
    // O_TMPFILE is a flag of several bits, which the importer leaves out.
    let nameless = retry { open(directory, Self.nameless | O_WRONLY | O_CLOEXEC, 0o666) }
    if nameless >= 0 {
      defer { close(nameless) }
      try fill(nameless, bytes)
      if try give(nameless, theName: path) { return }
    } else if !Self.meansNoNamelessFiles(errno) {
      throw Failure(errno: errno)
    }
    try writeNamed(bytes, rename)
  }

  /// Puts the file there unless something has the name; whether it did.
  func writeNew(_ bytes: [UInt8]) throws(Failure) -> Bool {
    let nameless = retry { open(directory, Self.nameless | O_WRONLY | O_CLOEXEC, 0o666) }
    if nameless >= 0 {
      defer { close(nameless) }
      try fill(nameless, bytes)
      if link("/proc/self/fd/\(nameless)", path) { return true }
      if errno == EEXIST { return false }
      // No /proc here: the other way asks for none.
    } else if !Self.meansNoNamelessFiles(errno) {
      throw Failure(errno: errno)
    }
    var isNew = false
    try writeNamed(bytes) { temporary throws(Failure) in
      defer { unlink(temporary) }
      if link(temporary, path) {
        isNew = true
        return
      }
      if errno == EEXIST { return }
      // File systems without hard links: an empty file takes the name, until the rename.
      let claim = retry { open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
      guard claim >= 0 else {
        if errno == EEXIST { return }
        throw Failure(errno: errno)
      }
      close(claim)
      guard Glibc.rename(temporary, path) == 0 else {
        let error = errno
        unlink(path)
        throw Failure(errno: error)
      }
      isNew = true
    }
    return isNew
  }

  /// Makes and forgets an empty file, which tells more than asking for permission would.
  func probe() throws(Failure) {
    // A name too long shows when it is given, which is late.
    guard name.utf8.count <= Int(NAME_MAX) else { throw Failure(errno: ENAMETOOLONG) }
    let nameless = retry { open(directory, Self.nameless | O_WRONLY | O_CLOEXEC, 0o600) }
    if nameless >= 0 {
      close(nameless)
      return
    }
    guard Self.meansNoNamelessFiles(errno) else { throw Failure(errno: errno) }
    guard faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) == 0 else {
      throw Failure(errno: errno)
    }
  }

  private var path: String { "\(directory)/\(name)" }

  private static var nameless: Int32 { 0o20_000_000 | O_DIRECTORY }

  /// What kernels and file systems without nameless files answer; ENOENT also means that the
  /// directory is missing, which the next attempt finds out.
  private static func meansNoNamelessFiles(_ errno: Int32) -> Bool {
    [EOPNOTSUPP, EISDIR, EINVAL, ENOENT].contains(errno)
  }

  private func fill(_ descriptor: Int32, _ bytes: [UInt8]) throws(Failure) {
    if let existing {
      // Best effort, the owner first since that clears bits of the mode.
      _ = fchown(descriptor, existing.st_uid, existing.st_gid)
      _ = fchmod(descriptor, existing.st_mode & 0o777)
    }
    if case .failed(let errno) = writeAll(bytes, to: descriptor) { throw Failure(errno: errno) }
  }

  /// Links the nameless file to its name; false if that is not possible here.
  private func give(_ descriptor: Int32, theName path: String) throws(Failure) -> Bool {
    let source = "/proc/self/fd/\(descriptor)"
    if existing == nil, link(source, path) { return true }
    // A link cannot replace what is there: it takes a second name and a rename, between which no
    // signal may come.
    return try withEndingSignalsHeld { () throws(Failure) in
      for _ in 0..<100 {
        let temporary = temporaryPath()
        guard link(source, temporary) else {
          if errno == EEXIST { continue }
          if errno == ENOENT { return false }
          throw Failure(errno: errno)
        }
        try rename(temporary)
        return true
      }
      throw Failure(errno: EEXIST)
    }
  }

  private func link(_ source: String, _ path: String) -> Bool {
    linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0
  }

  /// The way where there are no nameless files: a hidden name, removed when something fails; `place`
  /// gives the file its own.
  private func writeNamed(
    _ bytes: [UInt8], _ place: (String) throws(Failure) -> Void
  ) throws(Failure) {
    try withEndingSignalsHeld { () throws(Failure) in
      for _ in 0..<100 {
        let temporary = temporaryPath()
        let descriptor = retry { open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
        if descriptor < 0, errno == EEXIST { continue }
        guard descriptor >= 0 else { throw Failure(errno: errno) }
        do throws(Failure) {
          try fill(descriptor, bytes)
        } catch {
          close(descriptor)
          unlink(temporary)
          throw error
        }
        // Network file systems say at the end that the disk was full.
        guard close(descriptor) == 0 else {
          let error = errno
          unlink(temporary)
          throw Failure(errno: error)
        }
        try place(temporary)
        return
      }
      throw Failure(errno: EEXIST)
    }
  }

  private func temporaryPath() -> String {
    "\(directory)/.lynx-\(String(UInt64.random(in: .min ... .max), radix: 36))"
  }

  private func rename(_ temporary: String) throws(Failure) {
    guard Glibc.rename(temporary, path) == 0 else {
      let error = errno
      unlink(temporary)
      throw Failure(errno: error)
    }
  }
}

/// Runs `body` while the signals that end a process wait.
private func withEndingSignalsHeld<Result>(
  _ body: () throws(OutputTarget.Failure) -> Result
) throws(OutputTarget.Failure) -> Result {
  var signals = sigset_t()
  sigemptyset(&signals)
  for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { sigaddset(&signals, signal) }
  var before = sigset_t()
  pthread_sigmask(SIG_BLOCK, &signals, &before)
  defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
  return try body()
}
