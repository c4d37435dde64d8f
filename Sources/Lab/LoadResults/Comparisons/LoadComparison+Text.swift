public import Terminal

extension LoadComparison {
  /// The comparison for people, in lines of at most `width` columns.
  public func lines(style: Style, width: Int = 80) -> [String] {
    var lines = [style.bold(cut(printable(heading), toWidth: width))]
    lines.append(cut(printable("  against \(against)"), toWidth: width))
    if !figures.isEmpty { lines += [""] + table(width: width) + [""] }
    for figure in figures {
      let text = "\(figure.figure.title): \(figure.sentence)"
      lines += wrapped(text, width: width, indent: "  ").map { mark(figure, $0, style) }
    }
    if let first = figures.first {
      lines += wrapped(method(first), width: width, indent: "  ").map { style.dim($0) }
    } else {
      lines.append("nothing to compare: no figure is known of both sides")
    }
    for warning in warnings {
      lines += wrapped("note: \(warning)", width: width, indent: "  ").map { style.yellow($0) }
    }
    return lines
  }

  private var heading: String { "\(name): \(these.url), \(QuantityText.count(these.runs, "run"))" }

  private var against: String {
    let runs = QuantityText.count(those.runs, "run")
    return switch origin {
    case .alternating: "\(those.url), \(runs), alternating"
    case .saved(let file): "\(quoted(file)): \(those.url), \(runs)"
    }
  }

  private func table(width: Int) -> [String] {
    var table = Table([
      .init("median"), .init("this", .right), .init("against", .right),
      .init(ratioTitle, .right),
    ])
    for figure in figures { table.append(figure.cells) }
    return table.lines(width: width)
  }

  private var ratioTitle: String {
    guard let estimate = figures.first?.estimate, estimate.interval != nil else { return "ratio" }
    return "ratio (\(Self.percent(estimate.confidence)) interval)"
  }

  private static func percent(_ share: Double) -> String {
    NumberText.fixed(share * 100, places: 1) + " %"
  }

  private func method(_ figure: ComparedFigure) -> String {
    "method: Hodges–Lehmann estimate of the ratio, its distribution-free interval; two-sided "
      + "Mann–Whitney test of the runs, \(figure.test.isExact ? "exact" : "normal approximation")"
  }

  /// Green for better, red for worse.
  private func mark(_ figure: ComparedFigure, _ text: String, _ style: Style) -> String {
    switch figure.verdict {
    case .tooFewRuns, .noDifference: text
    case .higher: figure.figure.isBetterHigher ? style.green(text) : style.red(text)
    case .lower: figure.figure.isBetterHigher ? style.red(text) : style.green(text)
    }
  }
}
