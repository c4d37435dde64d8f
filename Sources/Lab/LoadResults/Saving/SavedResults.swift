/// Runs as they are kept in a file, with what is needed to read them later.
///
/// Docs/BENCH.md describes the file for other programs.
public struct SavedResults: Sendable, Equatable {
  static let format = "lynx-bench"
  /// The version of the file that is written, and the newest that is read.
  public static let schema = 1
  /// The most bytes of JSON, which are compressed to much fewer, that are written or read.
  public static let mostBytes = 128 << 20
  /// The most bytes of a file that is read.
  public static let mostCompressedBytes = 64 << 20
  /// The most runs that are read.
  static let mostRuns = 10_000
  /// No count is larger: beyond it not every reader of JSON keeps whole numbers.
  static let largestCount = 1 << 53

  /// What measured: `0.1.0`, and its commit.
  public var version: String
  public var commit: String
  /// Facts on the machine by name: `cpu`, `kernel`.
  public var machine: [String: String]
  public var runs: [LoadResult]

  public init(version: String, commit: String, machine: [String: String], runs: [LoadResult]) {
    self.version = version
    self.commit = commit
    self.machine = machine
    self.runs = runs
  }
}

/// Why saved results cannot be written or read: one sentence that says what is wrong and where,
/// without the name of the file.
public struct SavedResultsError: Error, Sendable, Equatable, CustomStringConvertible {
  public var message: String

  public init(_ message: String) {
    self.message = message
  }

  public var description: String { message }
}
