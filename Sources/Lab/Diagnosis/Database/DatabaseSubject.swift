internal import Databases
internal import Glibc
internal import LinuxSystem
internal import Terminal

/// The database that is looked at.
struct DatabaseSubject: Sendable {
  let url: DatabaseURL
  /// What a command has to be told so that it uses the same; empty where it finds it by itself. Never shows
  /// a password.
  let option: String

  /// Why there is none.
  struct Absence: Error {
    let finding: Finding
  }

  private static let standard = "sqlite://./lynx.db"

  /// The one that is named, by option or environment; else the one that `lynx serve` makes by itself, if it is
  /// there.
  static func find(_ subject: Subject) -> Result<DatabaseSubject, Absence> {
    let environment = environmentValue("DATABASE_URL")
    let text = subject.databaseURL ?? environment
    guard text != nil || access("lynx.db", F_OK) == 0 else {
      return .failure(
        Absence(
          finding: Finding(
            .notApplicable, "neither --database-url nor DATABASE_URL names one; no ./lynx.db")))
    }
    do throws(DatabaseError) {
      let url = try DatabaseURL(text ?? standard)
      let isFound = subject.databaseURL == nil || subject.databaseURL == environment
      return .success(
        DatabaseSubject(
          url: url, option: isFound ? "" : option(url.redacted)))
    } catch {
      return .failure(
        Absence(
          finding: Finding(
            .failed, error.message, expected: "sqlite://PATH or postgresql://USER@HOST/DATABASE",
            remedy: Remedy("export DATABASE_URL=sqlite://./lynx.db"))))
    }
  }

  /// Names a database to a command, without its password.
  private static func option(_ redacted: String) -> String {
    let option = " --database-url \(shellWord(redacted.replacing("***", with: "PASSWORD")))"
    return redacted.contains("***") ? option + "   # with the password for PASSWORD" : option
  }

  /// A line of `lynx migrate`.
  func migrate(_ action: String) -> String { "lynx migrate \(action)\(option)" }
}
