/// What is looked at: the machine always, and of a process, a program, a database and a server what was named.
public struct Subject: Sendable {
  /// The kernel's files, or a test's.
  public var files = SystemFiles()
  /// The process that is to be profiled.
  public var pid: Int32?
  /// The program whose symbols are of interest.
  public var binary: String?
  /// Where the links are. May hold a password: never shown as it is.
  public var databaseURL: String?
  /// What `lynx serve` would listen on and write to; nil when no server is of interest.
  public var serving: ServingSubject?

  public init() {}
}
