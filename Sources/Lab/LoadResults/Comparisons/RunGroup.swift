/// Runs of one kind: of the same name, or what else they are told apart by, and as many connections.
struct RunGroup {
  var name: String
  var connections: Int
  var runs: [LoadResult]

  /// In the order in which the kinds first occur.
  static func groups(
    of runs: [LoadResult], by label: (LoadResult) -> String = { $0.name }
  ) -> [RunGroup] {
    var groups: [RunGroup] = []
    for run in runs {
      let name = label(run)
      let index = groups.firstIndex { $0.name == name && $0.connections == run.connections }
      if let index {
        groups[index].runs.append(run)
      } else {
        groups.append(RunGroup(name: name, connections: run.connections, runs: [run]))
      }
    }
    return groups
  }

  var title: String { "\(name), \(QuantityText.count(connections, "connection"))" }
}
