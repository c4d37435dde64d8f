/// What tells runs of one table apart: their names, and where one name went to several places, these.
struct RunLabels {
  private var urlsByName: [String: Set<String>] = [:]
  private var hostsByName: [String: Set<String>] = [:]

  init(_ runs: [LoadResult]) {
    for run in runs {
      urlsByName[run.name, default: []].insert(run.url)
      hostsByName[run.name, default: []].insert(URLParts(run.url).hostAndPort)
    }
  }

  /// The place first: a long name is cut at its end.
  func label(_ run: LoadResult) -> String {
    guard urlsByName[run.name, default: []].count > 1 else { return run.name }
    let parts = URLParts(run.url)
    let place = hostsByName[run.name, default: []].count > 1 ? parts.hostAndPort : parts.path
    return "\(place) \(run.name)"
  }
}
