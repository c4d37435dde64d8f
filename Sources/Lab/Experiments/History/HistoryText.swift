public import Terminal

extension HistoryState.Run {
  private static let shownFunctions = 10

  /// How the run compares with the one before it, for people.
  ///
  /// - Parameter width: columns that no line is wider than.
  public func lines(style: Style, width: Int?) -> [String] {
    let label = printable(name.label)
    guard let comparison else { return ["the first run of \(label) in this history"] }
    var lines = [
      style.bold("compared with the previous run of \(label), \(comparison.previous.timeText)")
        + " (\(comparison.previous.commit)):"
    ]
    if let load = figures.load, let old = comparison.previousFigures.load {
      let parts = RunFigures.Load.Figure.allCases.compactMap { figure -> String? in
        guard let new = figure.value(of: load), let base = figure.value(of: old) else { return nil }
        let change = FigureText.change(new, base).map { " (\($0))" } ?? ""
        return "\(figure.title) \(figure.text(base)) → \(figure.text(new))\(change)"
      }
      lines += parts.map { "  \($0)" }
    }
    lines += comparisonNotes.map { style.yellow("  note: \(printable($0))") }
    guard let changes = comparison.changes else {
      let reason = printable(comparison.reason ?? "")
      return lines + ["  the recordings cannot be compared: \(reason)"]
    }
    if changes.count == 0 { return lines + ["  no change beyond noise"] }
    lines.append(
      "  \(Self.functions(changes.count)) changed beyond noise (*), in points of the share of CPU:")
    lines += table(changes).lines(width: width.map { $0 - 2 }).map { "  \($0)" }
    if changes.count > Self.shownFunctions {
      lines.append("  and \(changes.count - Self.shownFunctions) more")
    }
    return lines
  }

  private func table(_ changes: RunChanges) -> Table {
    let hasCosts = costs((1, 1)) != nil
    var columns: [Table.Column] = [
      .init("self", .right), .init(""), .init("before → now", .right), .init("total", .right),
      .init(""), .init("before → now", .right),
    ]
    if hasCosts { columns.append(.init("self a request", .right)) }
    var table = Table(columns + [.init("function")])
    for function in changes.functions.prefix(Self.shownFunctions) {
      var cells: [String] = []
      for samples in [function.itself, function.total] {
        let (new, base) = changes.shares(samples)
        cells += [
          FigureText.points(changes.points(samples)), samples.isBeyondNoise ? "*" : "",
          "\(FigureText.share(base)) → \(FigureText.share(new))",
        ]
      }
      if let cost = costs(changes.shares(function.itself)) {
        cells.append("\(FigureText.time(cost.base)) → \(FigureText.time(cost.new))")
      }
      table.append(cells + [function.name])
    }
    return table
  }

  static func functions(_ count: Int) -> String {
    count == 1 ? "1 function" : "\(NumberText.grouped(count)) functions"
  }

  /// The same for a report.
  ///
  /// - Parameter directory: that the files lie in.
  public func json(in history: RunHistory) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("run", .string(name.stem)), .init("time", .string(name.time)),
      .init("commit", .string(name.commit)), .init("scenario", .string(name.label)),
      .init("page", .string(history.path(RunHistory.page))),
    ]
    guard let comparison else {
      return .object(members + [.init("previous", .null)])
    }
    members.append(.init("previous", .string(comparison.previous.stem)))
    members.append(
      .init(
        "difference",
        comparison.hasDifference ? .string(history.path(name, .difference)) : .null))
    if let load = figures.load, let old = comparison.previousFigures.load {
      members.append(
        .init(
          "load",
          .object(
            RunFigures.Load.Figure.allCases.map { figure in
              // Reports have microseconds where these are nanoseconds.
              let scale = figure == .requestsPerSecond ? 1 : 1e-3
              func value(_ load: RunFigures.Load) -> JSONValue {
                figure.value(of: load).map { .number($0 * scale) } ?? .null
              }
              return .init(figure.key, ["new": value(load), "base": value(old)])
            })))
    }
    members.append(.init("notes", .array(comparisonNotes.map { .string($0) })))
    if let reason = comparison.reason { members.append(.init("not_comparable", .string(reason))) }
    if let changes = comparison.changes {
      members += [
        .init("new_samples", .integer(changes.newSamples)),
        .init("base_samples", .integer(changes.baseSamples)),
        .init("beyond_noise", .integer(Int64(changes.count))),
        .init(
          "changes", .array(changes.functions.map { json(of: $0, changes) })),
      ]
    }
    return .object(members)
  }

  private func json(of function: RunChanges.Function, _ changes: RunChanges) -> JSONValue {
    func amount(_ samples: RunChanges.Samples) -> JSONValue {
      let shares = changes.shares(samples)
      var members: [JSONValue.Member] = [
        .init("new", .integer(samples.new)), .init("base", .integer(samples.base)),
        .init("new_percent", .number(100 * shares.new)),
        .init("base_percent", .number(100 * shares.base)),
        .init("percentage_points", .number(changes.points(samples))),
        .init("beyond_noise", .bool(samples.isBeyondNoise)),
      ]
      if let cost = costs(shares) {
        members.append(.init("new_us_per_request", .number(cost.new / 1000)))
        members.append(.init("base_us_per_request", .number(cost.base / 1000)))
      }
      return .object(members)
    }
    return [
      "function": .string(function.name), "self": amount(function.itself),
      "total": amount(function.total),
    ]
  }
}
