/// What a load consists of.
public struct LoadSettings: Sendable {
  public var target: LoadTarget
  /// Further servers that requests of the plan are for, by number from 1.
  public var otherTargets: [LoadTarget] = []
  public var plan: RequestPlan
  /// What the run is called in reports.
  public var name: String
  public var threads = 1
  /// Of all threads together; as many to each of several servers, of which one has a request under way.
  public var connections = 10
  /// How long is measured; nil with ``requests``, and until ``LoadRun/stop()`` without.
  public var duration: Duration? = .seconds(10)
  /// How many requests are sent, if that ends the run.
  public var requests: Int?
  /// Load before anything is measured.
  public var warmup = Duration.zero
  /// Requests a second; nil for as many as are answered.
  public var rate: Double?
  /// The most requests under way on one connection.
  public var pipeline = 1
  /// How long an answer may take, and the making of a connection.
  public var timeout = Duration.seconds(2)
  /// A file of certificates to trust, in PEM; those of the system if nil.
  public var certificates: String?
  /// Whether an https server has to prove who it is.
  public var verifiesServer = true
  /// Processes of the server, whose CPU time is measured as well.
  public var serverProcesses: [Int32] = []
  /// What random placeholders are drawn with.
  public var seed: UInt64 = 1

  public init(target: LoadTarget, plan: RequestPlan, name: String) {
    self.target = target
    self.plan = plan
    self.name = name
  }
}

/// Why there is no load: one sentence.
public struct LoadError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable {
    /// Nobody is there.
    case unreachable
    /// Settings that cannot be.
    case setting
    /// Something of this machine.
    case system
    /// Somebody wanted an end.
    case stopped
  }

  public let kind: Kind
  public let description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
