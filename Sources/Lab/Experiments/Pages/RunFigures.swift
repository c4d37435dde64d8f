public import LoadResults
internal import Profiles
internal import Terminal

/// What tables say of one recording, and of the load that went with it.
public struct RunFigures: Sendable, Equatable, Codable {
  /// The scenario, or what was recorded.
  public var name: String
  public var samples: Int64
  /// Nil of what is no server of links.
  public var layers: ServerLayers?
  public var load: Load?

  /// Of one run of the load generator.
  public struct Load: Sendable, Equatable, Codable {
    public var connections: Int
    public var requestsPerSecond: Double
    /// In nanoseconds; nil if no request was answered.
    public var p50: Double?
    public var p99: Double?
    public var p999: Double?
    public var errors: Int
    /// In seconds; nil if it could not be seen.
    public var serverCPUPerRequest: Double?
    public var notes: [String]
    /// What measured, where that is known.
    public var machine: String?
  }

  public init(name: String, samples: Int64, layers: ServerLayers?, load: Load?) {
    self.name = name
    self.samples = samples
    self.layers = layers
    self.load = load
  }

  /// Of a profile, and the load under which it was recorded.
  init(name: String, profile: CountedProfile, load: Load?) {
    let isServer =
      load != nil || profile.profile.functions.contains { $0.name.hasPrefix("RedirectLoop.") }
    self.init(
      name: name, samples: profile.counts.total,
      layers: isServer ? ServerLayers(profile.profile) : nil, load: load)
  }
}

extension RunFigures.Load {
  /// - Parameter machine: facts by name, as ``SavedResults`` has them.
  public init(_ load: LoadResult, machine: [String: String] = [:]) {
    func percentile(_ percentile: Double) -> Double? {
      load.latency.isEmpty ? nil : Double(load.latency.nanoseconds(atPercentile: percentile))
    }
    let facts = ["cpu", "cpus", "kernel"].compactMap { name in
      machine[name].map { "\(name) \(String($0.prefix(200)))" }
    }
    self.init(
      connections: load.connections, requestsPerSecond: load.requestsPerSecond,
      p50: percentile(50), p99: percentile(99), p999: percentile(99.9),
      errors: load.errors.total, serverCPUPerRequest: load.serverCPUSecondsPerRequest,
      notes: load.notes, machine: facts.isEmpty ? nil : facts.joined(separator: ", "))
  }

  /// What two loads are compared by: a title, how a value is written, and where it is found.
  enum Figure: CaseIterable {
    case requestsPerSecond, p50, p99, p999, serverCPUPerRequest

    var title: String {
      switch self {
      case .requestsPerSecond: "requests/s"
      case .p50: "p50"
      case .p99: "p99"
      case .p999: "p99.9"
      case .serverCPUPerRequest: "server CPU a request"
      }
    }

    /// In a report.
    var key: String {
      switch self {
      case .requestsPerSecond: "requests_per_second"
      case .p50: "latency_p50_us"
      case .p99: "latency_p99_us"
      case .p999: "latency_p99_9_us"
      case .serverCPUPerRequest: "server_cpu_us_per_request"
      }
    }

    /// Requests a second, or nanoseconds.
    func value(of load: RunFigures.Load) -> Double? {
      switch self {
      case .requestsPerSecond: load.requestsPerSecond
      case .p50: load.p50
      case .p99: load.p99
      case .p999: load.p999
      case .serverCPUPerRequest: load.serverCPUPerRequest.map { $0 * 1e9 }
      }
    }

    func text(_ value: Double?) -> String {
      guard let value else { return "–" }
      return self == .requestsPerSecond ? FigureText.rate(value) : FigureText.time(value)
    }
  }
}

/// Figures for people.
enum FigureText {
  static func rate(_ perSecond: Double) -> String {
    Int64(exactly: perSecond.rounded()).map { NumberText.grouped($0) } ?? "\(perSecond)"
  }

  static func time(_ nanoseconds: Double) -> String {
    switch nanoseconds.magnitude {
    case ..<1e3: NumberText.fixed(nanoseconds, places: 0) + " ns"
    case ..<1e6: NumberText.fixed(nanoseconds / 1e3, places: 1) + " µs"
    case ..<1e9: NumberText.fixed(nanoseconds / 1e6, places: 2) + " ms"
    default: NumberText.fixed(nanoseconds / 1e9, places: 2) + " s"
    }
  }

  /// `12.3 %` of 0.123.
  static func share(_ share: Double) -> String { NumberText.fixed(share * 100, places: 1) + " %" }

  /// `+3.6 %`; nil where there was nothing.
  static func change(_ new: Double, _ old: Double) -> String? {
    guard old > 0, new.isFinite, old.isFinite else { return nil }
    let percent = (new / old - 1) * 100
    return "\(percent < 0 ? "−" : "+")\(NumberText.fixed(percent.magnitude, places: 1)) %"
  }

  /// `−1.25`, percentage points.
  static func points(_ points: Double) -> String {
    "\(points < 0 ? "−" : "+")\(NumberText.fixed(points.magnitude, places: 2))"
  }
}
