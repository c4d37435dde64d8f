internal import Terminal

/// Several runs below one another, and what those of one kind have in common.
public enum RunSummary {
  /// The table, in lines of at most `width` columns; none for fewer than two runs.
  public static func lines(of runs: [LoadResult], width: Int = 80) -> [String] {
    guard runs.count > 1 else { return [] }
    let rows = runs.map(cells)
    let titles = ["threads", "conns", "requests/s", "p50", "p99", "p99.9", "errors"]
    var others = titles.map { displayWidth($0) }
    for row in rows {
      for (index, cell) in row.enumerated() {
        others[index] = max(others[index], displayWidth(cell))
      }
    }
    // Names have what the figures leave.
    let nameWidth = max(width - others.reduce(0) { $0 + $1 + 2 }, 3)
    let labels = RunLabels(runs)
    var table = Table([.init("run")] + titles.map { .init($0, .right) })
    for (run, row) in zip(runs, rows) {
      table.append([cut(printable(labels.label(run)), toWidth: nameWidth)] + row)
    }
    return table.lines(width: width) + medians(of: runs, width: width)
  }

  private static func cells(_ run: LoadResult) -> [String] {
    func percentile(_ percentile: Double) -> String {
      run.latency.isEmpty
        ? "–" : QuantityText.time(nanoseconds: run.latency.nanoseconds(atPercentile: percentile))
    }
    return [
      String(run.threads), NumberText.grouped(run.connections),
      QuantityText.rate(run.requestsPerSecond), percentile(50), percentile(99), percentile(99.9),
      NumberText.grouped(run.errors.total),
    ]
  }

  /// One sentence on each kind of run that there are several of.
  private static func medians(of runs: [LoadResult], width: Int) -> [String] {
    let labels = RunLabels(runs)
    return RunGroup.groups(of: runs, by: labels.label).filter { $0.runs.count > 1 }.flatMap {
      group in
      let rates = Distribution(group.runs.map(\.requestsPerSecond))
      let interval = rates.interval95.map {
        "\(QuantityText.rate($0.lowerBound))–\(QuantityText.rate($0.upperBound)), "
          + "95 % interval of the median"
      }
      let text =
        "\(group.title): median of \(group.runs.count) runs "
        + "\(QuantityText.rate(rates.median)) requests/sec "
        + "(\(interval ?? "fewer than six runs give no 95 % interval"))"
      return wrapped(text, width: width, indent: "  ")
    }
  }
}
