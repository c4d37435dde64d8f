/// What is looked at: the machine always; a process, a program, a database and a server where one was named.
public struct Subject: Sendable {
  /// The kernel's files, or a test's.
  public var files: SystemFiles
  /// The process that is to be profiled.
  public var pid: Int32?
  /// The program whose symbols are of interest.
  public var binary: String?
  /// Where the links are. May hold a password: never shown as it is.
  public var databaseURL: String?
  /// Where `lynx serve` would listen and write; nil when no server is of interest.
  public var serving: ServingSubject?

  public init(
    files: SystemFiles = SystemFiles(), pid: Int32? = nil, binary: String? = nil,
    databaseURL: String? = nil, serving: ServingSubject? = nil
  ) {
    self.files = files
    self.pid = pid
    self.binary = binary
    self.databaseURL = databaseURL
    self.serving = serving
  }
}
