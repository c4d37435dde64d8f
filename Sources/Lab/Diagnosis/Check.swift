/// One thing that is tried on this machine: what it is, and the trial itself.
public struct Check: Sendable {
  /// Stable, for programs: group and name with a dot between them, `profiler.perf_event`.
  public let id: String
  public let group: CheckGroup
  /// What is looked at, in a few words, for people: `samples of own processes`.
  public let title: String
  /// How long the trial may take before it is given up, and said to have been.
  public let deadline: Duration
  /// Tries it. Does not throw: what goes wrong is what is found.
  public let probe: @Sendable () -> Finding

  public init(
    id: String, group: CheckGroup, title: String, deadline: Duration = .milliseconds(500),
    probe: @escaping @Sendable () -> Finding
  ) {
    self.id = id
    self.group = group
    self.title = title
    self.deadline = deadline
    self.probe = probe
  }
}

/// What a check is about, in the order people read them.
public enum CheckGroup: String, Sendable, CaseIterable {
  case profiler, symbols, server, database, noise

  /// For people.
  public var title: String {
    switch self {
    case .profiler: "Profiler"
    case .symbols: "Symbols"
    case .server: "Server"
    case .database: "Database"
    case .noise: "Measurement noise"
    }
  }
}

/// What a check found.
public struct Finding: Sendable, Equatable {
  public var status: CheckStatus
  /// What was seen: one line, with the figure or the error's own name.
  public var observed: String
  /// What would be right; empty where nothing can be expected.
  public var expected: String
  /// What mends it; nil where nothing is to be mended.
  public var remedy: Remedy?

  public init(
    _ status: CheckStatus, _ observed: String, expected: String = "", remedy: Remedy? = nil
  ) {
    self.status = status
    self.observed = observed
    self.expected = expected
    self.remedy = remedy
  }
}

/// How a check ended; the raw value is what programs read.
public enum CheckStatus: String, Sendable, CaseIterable {
  case ok
  /// Works, but not as well as it could.
  case warning
  /// Does not work.
  case failed
  /// Nothing to try: not configured here, or not of this machine.
  case notApplicable = "not_applicable"
}

/// The line that mends something.
public struct Remedy: Sendable, Equatable {
  /// A line for a shell, or a sentence where no line can do it.
  public var line: String
  /// Whether only root may run it.
  public var needsRoot: Bool
  /// Whether the line changes nothing but what the user owns, and `--fix` may run it.
  public var isOwn: Bool
  /// Other lines that mend it as well, if this one does not suit.
  public var alternatives: [String]

  public init(
    _ line: String, needsRoot: Bool = false, isOwn: Bool = false, alternatives: [String] = []
  ) {
    self.line = line
    self.needsRoot = needsRoot
    self.isOwn = isOwn
    self.alternatives = alternatives
  }
}
