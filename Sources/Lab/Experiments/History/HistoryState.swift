/// What a history holds.
public struct HistoryState: Sendable {
  /// The newest of a scenario before its others.
  public internal(set) var runs: [Run] = []
  /// Files that were passed over, and why: at most ``mostSkipped``.
  public private(set) var skipped: [(file: String, reason: String)] = []
  public private(set) var skippedCount = 0
  /// What could not be written beside, in sentences.
  public internal(set) var notes: [String] = []

  private static let mostSkipped = 100

  /// One run, and how it compares with the one before it.
  public struct Run: Sendable {
    public var name: RunName
    public var figures: RunFigures
    public var hasPicture: Bool
    public var hasBench: Bool
    /// Nil for the first of its scenario.
    public var comparison: Comparison?
  }

  public struct Comparison: Sendable {
    public var previous: RunName
    public var previousFigures: RunFigures
    /// Nil if the two cannot be compared.
    public var changes: RunChanges?
    /// Why not.
    public var reason: String?
    /// Whether there is a picture of the difference.
    public var hasDifference: Bool
  }

  mutating func skip(_ file: String, _ reason: String) {
    skippedCount += 1
    if skipped.count < Self.mostSkipped { skipped.append((file, reason)) }
  }

  public func run(_ name: RunName) -> Run? { runs.first { $0.name == name } }

  /// The newest of each scenario, by name.
  var newest: [Run] {
    var seen: Set<String> = []
    return runs.filter { seen.insert($0.name.label).inserted }
      .sorted { $0.name.label < $1.name.label }
  }
}

extension HistoryState.Run {
  /// What else is to be known when the loads are set side by side, in sentences.
  var comparisonNotes: [String] {
    guard let comparison else { return [] }
    var notes = comparison.changes?.notes ?? []
    if let load = figures.load, let old = comparison.previousFigures.load {
      if load.connections != old.connections {
        notes.append("connections differ: \(load.connections), and \(old.connections) before")
      }
      if let machine = load.machine, let before = old.machine, machine != before {
        notes.append("the machine differs: \(machine), and \(before) before")
      }
    }
    return notes
  }

  /// CPU time of the server a request that a share of its samples stands for, in nanoseconds, then and
  /// now; nil unless both runs know it.
  func costs(_ shares: (new: Double, base: Double)) -> (new: Double, base: Double)? {
    guard let new = figures.load?.serverCPUPerRequest,
      let old = comparison?.previousFigures.load?.serverCPUPerRequest
    else { return nil }
    return (shares.new * new * 1e9, shares.base * old * 1e9)
  }
}
