/// Runs of one kind: the same name and as many connections.
struct RunGroup {
  var name: String
  var connections: Int
  var runs: [LoadResult]

  /// In the order in which the kinds first occur.
  static func groups(of runs: [LoadResult]) -> [RunGroup] {
    var groups: [RunGroup] = []
    for run in runs {
      let index = groups.firstIndex { $0.name == run.name && $0.connections == run.connections }
      if let index {
        groups[index].runs.append(run)
      } else {
        groups.append(RunGroup(name: run.name, connections: run.connections, runs: [run]))
      }
    }
    return groups
  }

  var title: String { "\(name), \(QuantityText.count(connections, "connection"))" }
}
