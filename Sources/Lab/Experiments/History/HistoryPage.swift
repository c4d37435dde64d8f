internal import Terminal

/// The page of a history: the newest run of each scenario side by side, then all runs of each, the newest
/// first, with what changed since the run before.
struct HistoryPage {
  private let state: HistoryState
  private static let shownFunctions = 5
  private static let title = "Profiles over time"

  init(_ state: HistoryState) { self.state = state }

  private static let explanation =
    "Percents below a figure are its change since the run before of the same scenario: one run against "
    + "another, which says nothing of chance. Functions are listed where their share of the CPU changed "
    + "beyond the noise of sampling, the largest change of their own first."

  var html: String {
    let newest = state.newest
    let hasLayers = state.runs.contains { $0.figures.layers != nil }
    var parts = ["<p class=\"dim\">\(HTMLText.escaped(Self.explanation))</p>"]
    if hasLayers { parts.append("<p>\(RunTable.legend)</p>") }
    if newest.count > 1 {
      let rows = newest.map { run in
        RunTable.Row(
          figures: run.figures, previous: run.comparison?.previousFigures,
          title: "<a href=\"#\(Self.anchor(run))\">\(HTMLText.escaped(run.name.label))</a>"
            + "<small>\(run.name.timeText)</small>",
          remark: summary(run))
      }
      parts.append(RunTable(rows: rows, remarkTitle: "since the run before").html)
    }
    for run in newest { parts.append(section(run)) }
    parts.append(skipped)
    return HTMLText.page(title: Self.title, body: parts.joined(separator: "\n"))
  }

  private static func anchor(_ run: HistoryState.Run) -> String {
    "scenario-" + HTMLText.reference(run.name.label)
  }

  private func section(_ newest: HistoryState.Run) -> String {
    let label = newest.name.label
    let runs = state.runs.filter { $0.name.label == label }
    let rows = runs.map { run in
      RunTable.Row(
        figures: run.figures, previous: run.comparison?.previousFigures, title: heading(run),
        remark: summary(run) + details(run))
    }
    let count = runs.count == 1 ? "1 run" : "\(NumberText.grouped(runs.count)) runs"
    let file = newest.name.stem + RunFile.picture.ending
    let image =
      newest.hasPicture
      ? "<a href=\"\(HTMLText.reference(file))\"><img src=\"\(HTMLText.reference(file))\" "
        + "class=\"low\" loading=\"lazy\" alt=\"Flame graph of \(HTMLText.escaped(label))\"></a>"
      : ""
    return """
      <section id="scenario-\(HTMLText.escaped(label))">
      <h2>\(HTMLText.escaped(label)), \(count)</h2>
      \(RunTable(rows: rows, firstTitle: "run", remarkTitle: "since the run before").html)
      \(image)
      </section>
      """
  }

  /// When, of what, and the files.
  private func heading(_ run: HistoryState.Run) -> String {
    let stem = run.name.stem
    var links: [String] = []
    if run.hasPicture { links.append(HTMLText.link(stem + RunFile.picture.ending, "picture")) }
    links.append(HTMLText.link(stem + RunFile.artifact.ending, "recording"))
    if run.hasBench { links.append(HTMLText.link(stem + RunFile.bench.ending, "load test")) }
    return "<span id=\"\(HTMLText.escaped(stem))\">\(run.name.timeText)</span>"
      + "<small>\(HTMLText.escaped(run.name.commit))\(run.name.number > 1 ? ", no. \(run.name.number)" : "")"
      + "</small><small>\(links.joined(separator: ", "))</small>"
  }

  /// One line: how many functions changed, and the way to the run before.
  private func summary(_ run: HistoryState.Run) -> String {
    guard let comparison = run.comparison else { return "the first" }
    let previous =
      "<a href=\"#\(HTMLText.reference(comparison.previous.stem))\">\(comparison.previous.timeText)</a>"
    var text: String
    if let changes = comparison.changes {
      text =
        changes.count == 0
        ? "no change beyond noise"
        : "\(HistoryState.Run.functions(changes.count)) changed beyond noise"
    } else {
      text = "not comparable: \(HTMLText.escaped(comparison.reason ?? ""))"
    }
    text += ", since \(previous)"
    if comparison.hasDifference {
      text += ", " + HTMLText.link(run.name.stem + RunFile.difference.ending, "difference")
    }
    let notes = run.comparisonNotes.map { "<small>\(HTMLText.escaped($0))</small>" }
    return text + notes.joined()
  }

  private func details(_ run: HistoryState.Run) -> String {
    guard let changes = run.comparison?.changes, changes.count > 0 else { return "" }
    let lines = changes.functions.prefix(Self.shownFunctions).map { function in
      let samples = function.itself.isBeyondNoise ? function.itself : function.total
      let kind = function.itself.isBeyondNoise ? "" : " with what it calls"
      return "<small>\(points(changes.points(samples))) "
        + "\(HTMLText.escaped(cut(function.name, toWidth: 90)))\(kind)</small>"
    }
    return lines.joined()
      + "<details><summary>all of them</summary>\(table(run, changes))</details>"
  }

  private func points(_ points: Double) -> String {
    "<span class=\"\(points < 0 ? "less" : "more")\">\(FigureText.points(points))</span>"
  }

  private func table(_ run: HistoryState.Run, _ changes: RunChanges) -> String {
    let hasCosts = run.costs((1, 1)) != nil
    let heads =
      ["self", "before → now", "total", "before → now"] + (hasCosts ? ["self a request"] : [])
    let rows = changes.functions.map { function in
      var cells: [String] = []
      for samples in [function.itself, function.total] {
        let (new, base) = changes.shares(samples)
        let text = FigureText.points(changes.points(samples))
        cells.append(samples.isBeyondNoise ? points(changes.points(samples)) : text)
        cells.append("\(FigureText.share(base)) → \(FigureText.share(new))")
      }
      if let cost = run.costs(changes.shares(function.itself)) {
        cells.append("\(FigureText.time(cost.base)) → \(FigureText.time(cost.new))")
      }
      return "<tr>" + cells.map { "<td>\($0)</td>" }.joined()
        + "<td class=\"text\">\(HTMLText.escaped(function.name))</td></tr>"
    }
    let more = changes.count - changes.functions.count
    return "<table><thead><tr>\(heads.map { "<th>\($0)</th>" }.joined())"
      + "<th class=\"text\">function</th></tr></thead><tbody>\(rows.joined(separator: "\n"))</tbody></table>"
      + (more > 0 ? "<p class=\"dim\">and \(more) more</p>" : "")
  }

  private var skipped: String {
    guard state.skippedCount > 0 else { return "" }
    let lines = state.skipped.map {
      "<p class=\"dim\">\(HTMLText.escaped($0.file)): \(HTMLText.escaped($0.reason))</p>"
    }
    let more = state.skippedCount - state.skipped.count
    return "<section><h2>Passed over</h2>\n\(lines.joined(separator: "\n"))"
      + (more > 0 ? "\n<p class=\"dim\">and \(more) more</p>" : "") + "\n</section>"
  }

  /// The newest of each scenario, for a summary elsewhere.
  var markdown: String {
    let newest = state.newest
    let rows = newest.map {
      RunTable.Row(figures: $0.figures, previous: $0.comparison?.previousFigures)
    }
    var text = "### \(Self.title)\n\n\(RunTable(rows: rows).markdown)"
    for run in newest {
      guard let comparison = run.comparison else { continue }
      let label = MarkdownText.escaped(run.name.label)
      text += "\n**\(label)** against \(comparison.previous.timeText) "
      text += "(\(comparison.previous.commit)): "
      guard let changes = comparison.changes else {
        text += "not comparable, \(MarkdownText.escaped(comparison.reason ?? ""))\n"
        continue
      }
      if changes.count == 0 {
        text += "no change beyond noise\n"
        continue
      }
      text += "\(HistoryState.Run.functions(changes.count)) changed beyond noise\n\n"
      text += MarkdownText.table(
        ["function", "self", "before → now", "total", "before → now"],
        changes.functions.prefix(10).map { function in
          [MarkdownText.escaped(cut(function.name, toWidth: 120))]
            + [function.itself, function.total].flatMap { samples in
              let (new, base) = changes.shares(samples)
              return [
                FigureText.points(changes.points(samples)) + (samples.isBeyondNoise ? "\\*" : ""),
                "\(FigureText.share(base)) → \(FigureText.share(new))",
              ]
            }
        })
    }
    let notes = newest.flatMap { run in
      run.comparisonNotes.map { "\(run.name.label): \($0)" }
    }
    return text + notes.map { "\n\(MarkdownText.escaped($0))\n" }.joined()
  }
}
