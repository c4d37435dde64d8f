internal import Terminal

/// Runs of one kind set beside others.
public struct LoadComparison: Sendable, Equatable {
  /// How the two sides came about.
  public enum Origin: Sendable, Equatable {
    /// Runs on both sides took turns, in the same minutes.
    case alternating
    /// The other side was measured at another time and kept in this file.
    case saved(file: String)
  }

  public let name: String
  public let origin: Origin
  public let these: Side
  public let those: Side
  /// What both sides have.
  public let figures: [ComparedFigure]
  /// Sentences that say why the figures may not be comparable.
  public let warnings: [String]

  public struct Side: Sendable, Equatable {
    /// Without a password; of the first run.
    public let url: String
    /// Runs that answered a request, which are those that are compared.
    public let runs: Int
  }

  /// Compares all of these runs with all of those; neither may be empty.
  public init(_ these: [LoadResult], against those: [LoadResult], _ origin: Origin) {
    let left = these.filter { $0.requests > 0 }
    let right = those.filter { $0.requests > 0 }
    name = these.first?.name ?? those.first?.name ?? ""
    self.origin = origin
    self.these = Side(url: these.first?.url ?? "", runs: left.count)
    self.those = Side(url: those.first?.url ?? "", runs: right.count)
    figures = ComparedFigure.Figure.allCases.compactMap { ComparedFigure($0, left, right) }
    warnings = ComparisonWarnings(these, those, origin).sentences
  }

  /// What can be compared of two sets of runs: those of one name, with as many connections where a
  /// name was run with several numbers of them. What only one side has is told in a sentence each.
  public static func comparisons(
    of these: [LoadResult], against those: [LoadResult], _ origin: Origin
  ) -> (comparisons: [LoadComparison], leftOut: [String]) {
    var others = RunGroup.groups(of: those)
    var comparisons: [LoadComparison] = []
    var leftOut: [String] = []
    let groups = RunGroup.groups(of: these)
    for group in groups {
      // With as many connections if there are; else the one and only of that name, with a warning.
      let sameName = others.indices.filter { others[$0].name == group.name }
      let isOnly = sameName.count == 1 && groups.count { $0.name == group.name } == 1
      let match =
        sameName.first { others[$0].connections == group.connections }
        ?? (isOnly ? sameName[0] : nil)
        ?? (groups.count == 1 && others.count == 1 ? others.startIndex : nil)
      if let match {
        let other = others.remove(at: match)
        comparisons.append(LoadComparison(group.runs, against: other.runs, origin))
      } else {
        leftOut.append("\(quoted(group.title)) is not among the runs to compare with")
      }
    }
    leftOut += others.map { "\(quoted($0.title)) is only among the runs to compare with" }
    return (comparisons, leftOut)
  }
}
