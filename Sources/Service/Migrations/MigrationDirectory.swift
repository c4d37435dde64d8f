internal import Glibc

/// A directory of migrations.
///
/// Taken are `NUMBER_NAME.up.sql` with, or without, `NUMBER_NAME.down.sql`, and `NUMBER_NAME.sql` with
/// sections; files not ending in `.sql`, hidden ones and directories are not looked at. Numbers may
/// have gaps. Everything else is an error rather than something silently not applied.
public struct MigrationDirectory: Sendable {
  /// In the order of their versions.
  public let migrations: [Migration]

  /// - Throws: ``MigrationError/Kind/missingInput`` if there is no such directory,
  ///   ``MigrationError/Kind/badFile`` if a file in it is not understood.
  public init(path: String) throws(MigrationError) {
    var files: [(name: String, bytes: [UInt8])] = []
    for name in try Self.names(in: path) {
      files.append((name, try FileReading.bytes(of: "\(path)/\(name)")))
    }
    migrations = try Self.migrations(of: files) { "\(path)/\($0)" }
  }

  /// The migrations that `files` hold; `label` makes of a name what messages call the file.
  static func migrations(
    of files: [(name: String, bytes: [UInt8])], label: (String) -> String
  ) throws(MigrationError) -> [Migration] {
    var parts: [MigrationVersion: MigrationParts] = [:]
    for (name, bytes) in files {
      let label = label(name)
      do throws(MigrationError) {
        let fileName = try MigrationFileName(name, label: label)
        let text = try MigrationText(bytes, file: label)
        var entry = parts[fileName.version] ?? MigrationParts()
        try entry.add(text, named: fileName, file: label)
        parts[fileName.version] = entry
      } catch {
        var error = error
        error.place = error.place ?? .init(file: label)
        throw error
      }
    }
    var migrations: [Migration] = []
    for part in parts.values { migrations.append(try part.migration()) }
    return migrations.sorted { $0.version < $1.version }
  }

  /// The names of the `.sql` files, sorted.
  static func names(in path: String) throws(MigrationError) -> [String] {
    guard let directory = opendir(path) else {
      let reason = errno
      switch reason {
      case EACCES:
        throw MigrationError(
          .notPermitted, "the directory '\(path)' may not be read by this user; ask its owner")
      case ENOTDIR:
        throw MigrationError(
          .missingInput, "'\(path)' is not a directory; name the one the migrations are in")
      default:
        throw MigrationError(
          .missingInput, "there is no directory '\(path)' to read migrations from; check the path")
      }
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
        field.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
          String(cString: $0)
        }
      }
      guard name.lowercased().hasSuffix(".sql"), !name.hasPrefix(".") else { continue }
      var status = stat()
      if stat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT != S_IFREG {
        if status.st_mode & S_IFMT == S_IFDIR { continue }
        throw MigrationError(
          .badFile, "\(path)/\(name) is not a regular file; keep it elsewhere",
          place: .init(file: "\(path)/\(name)"))
      }
      names.append(name)
    }
    return names.sorted()
  }
}

/// A file's name, taken apart.
struct MigrationFileName {
  enum Kind { case up, down, sections }

  let version: MigrationVersion
  let name: String
  let kind: Kind

  init(_ text: String, label: String) throws(MigrationError) {
    // Where capitals are told apart, another file of the same version could stand beside it.
    guard
      [".sql", ".up.sql", ".down.sql"].filter(text.lowercased().hasSuffix)
        .allSatisfy(text.hasSuffix)
    else {
      throw MigrationError(
        .badFile, "\(label) ends in capitals; write the ending in small letters, as in .up.sql")
    }
    var rest = text.dropLast(".sql".count)
    if rest.hasSuffix(".up") {
      kind = .up
      rest = rest.dropLast(3)
    } else if rest.hasSuffix(".down") {
      kind = .down
      rest = rest.dropLast(5)
    } else {
      kind = .sections
    }
    guard let version = MigrationVersion(rest.prefix { $0.utf8.allSatisfy(\.isDigit) }) else {
      throw MigrationError(
        .badFile,
        "\(label) is not named like a migration; call it NUMBER_NAME.up.sql, NUMBER_NAME.down.sql or "
          + "NUMBER_NAME.sql, or keep it elsewhere")
    }
    guard !version.isZero else {
      throw MigrationError(
        .badFile, "\(label) has the version 0, which stands for an empty database; begin with 1")
    }
    self.version = version
    rest = rest.dropFirst(version.digits.count)
    name = String(rest.drop { $0 == "_" || $0 == "-" })
  }
}

/// What the files of one version hold.
private struct MigrationParts {
  private typealias Part = (file: String, name: MigrationFileName, script: MigrationScript)

  private var up: Part?
  private var down: Part?
  private var hasSections = false

  mutating func add(
    _ text: MigrationText, named name: MigrationFileName, file: String
  ) throws(MigrationError) {
    switch name.kind {
    case .up:
      try refuseSecond(up, file)
      up = (file, name, try MigrationParser.script(text, file: file))
    case .down:
      try refuseSecond(hasSections ? up : down, file)
      down = (file, name, try MigrationParser.script(text, file: file))
    case .sections:
      try refuseSecond(up ?? down, file)
      let sections = try MigrationParser.sections(text, file: file)
      hasSections = true
      up = (file, name, sections.up)
      down = sections.down.map { (file, name, $0) }
    }
    if let up, let down, up.name.name != down.name.name {
      throw MigrationError(
        .badFile,
        "\(up.file) and \(down.file) have one number and two names; give the two directions of a "
          + "migration one name, and each migration a number of its own")
    }
  }

  private func refuseSecond(_ first: Part?, _ file: String) throws(MigrationError) {
    guard let first else { return }
    throw MigrationError(
      .badFile,
      "\(first.file) and \(file) have the same version; give each migration a number of its own")
  }

  func migration() throws(MigrationError) -> Migration {
    guard let up else {
      throw MigrationError(
        .badFile,
        "\(down?.file ?? "a file") undoes what no file does; its .up.sql is missing or has another "
          + "number")
    }
    return Migration(
      version: up.name.version, name: up.name.name, up: up.script, down: down?.script)
  }
}

/// Whole small files.
enum FileReading {
  /// More than any script is; what is larger is something else.
  private static let limitBytes = 64 << 20

  static func bytes(of path: String) throws(MigrationError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure(path, errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count == 0 { return bytes }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw failure(path, errno)
      }
      bytes += chunk[..<count]
      guard bytes.count <= limitBytes else {
        throw MigrationError(.badFile, "\(path) has more than 64 MiB, too much for a migration")
      }
    }
  }

  private static func failure(_ path: String, _ errno: Int32) -> MigrationError {
    if errno == EACCES || errno == EPERM {
      return MigrationError(.notPermitted, "\(path) may not be read by this user; ask its owner")
    }
    return MigrationError(
      .missingInput, "\(path) cannot be read: \(String(cString: strerror(errno)))")
  }
}
