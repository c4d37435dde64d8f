internal import Glibc

/// Makes the files of a new migration.
public enum MigrationTemplate {
  /// Writes empty files into `directory`, which is made if it is not there, and returns their paths.
  ///
  /// The number goes on from what is in the directory: the next one of the same length, or the time
  /// (UTC, `YYYYMMDDHHMMSS`) where the numbers are times or there are none. So does the form: one
  /// file with sections, or two.
  public static func write(
    name: String, in directory: String, now: Int64
  ) throws(MigrationError) -> [String] {
    let name = try fileName(name)
    if mkdir(directory, 0o777) != 0, errno != EEXIST {
      throw MigrationError(
        .cannotWrite,
        "the directory '\(directory)' cannot be made: \(String(cString: strerror(errno)))")
    }
    let existing = try MigrationDirectory(path: directory).migrations
    let version = try nextVersion(after: existing.last?.version, now: now)
    let usesSections = existing.last.map { !$0.up.file.hasSuffix(".up.sql") } ?? false
    let stem = "\(directory)/\(version)_\(name)"
    let files =
      usesSections
      ? [("\(stem).sql", "-- migrate:up\n\n\n-- migrate:down\n\n")]
      : [("\(stem).up.sql", ""), ("\(stem).down.sql", "")]
    for (path, text) in files { try create(path, text) }
    return files.map(\.0)
  }

  /// What people write as a name, as part of a file's name.
  private static func fileName(_ text: String) throws(MigrationError) -> String {
    let name = text.map { $0 == " " || $0 == "-" ? "_" : $0 }
    guard !name.isEmpty, name.count <= 100,
      name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
    else {
      throw MigrationError(
        .usage,
        "a migration's name has letters, digits and underscores, at most 100; write for example "
          + "lynx migrate new add_users --dir migrations")
    }
    return String(name)
  }

  static func nextVersion(
    after last: MigrationVersion?, now: Int64
  ) throws(MigrationError) -> String {
    guard let last, last.digits.count < 14 else {
      var seconds = time_t(now)
      var parts = tm()
      gmtime_r(&seconds, &parts)
      var buffer = [CChar](repeating: 0, count: 32)
      let count = strftime(&buffer, buffer.count, "%Y%m%d%H%M%S", &parts)
      let text = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      // Two within a second, or a clock that was set back.
      guard let last, let version = MigrationVersion(text), version <= last else { return text }
      return try successor(of: last)
    }
    return try successor(of: last)
  }

  private static func successor(of version: MigrationVersion) throws(MigrationError) -> String {
    guard let number = UInt64(version.digits), number < .max else {
      throw MigrationError(
        .usage, "no number can follow \(version); name the new files yourself")
    }
    let digits = String(number + 1)
    return String(repeating: "0", count: max(0, version.digits.count - digits.count)) + digits
  }

  private static func create(_ path: String, _ text: String) throws(MigrationError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw MigrationError(
        .cannotWrite, "\(path) cannot be made: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
      throw MigrationError(
        .cannotWrite, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
  }
}
