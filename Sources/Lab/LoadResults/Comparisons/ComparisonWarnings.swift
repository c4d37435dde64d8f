internal import Terminal

/// Why figures of two sets of runs may not be comparable, in sentences.
struct ComparisonWarnings {
  private(set) var sentences: [String] = []

  init(
    _ these: [LoadResult], _ those: [LoadResult], _ origin: LoadComparison.Origin
  ) {
    if case .saved(let file) = origin {
      sentences.append(
        "the runs of \(quoted(file)) were not interleaved with these: whatever changed on the "
          + "machine in between is part of the difference")
    }
    compare("names", these, those) { $0.name }
    // Two live servers have two addresses, but the same work has the same path.
    if origin == .alternating {
      compare("paths", these, those) { URLParts($0.url).path }
    } else {
      compare("URLs", these, those) { $0.url }
    }
    compare("threads", these, those) { String($0.threads) }
    compare("connections", these, those) { String($0.connections) }
    compare("requests at once on a connection", these, those) { String($0.pipeline) }
    compare("rates asked for", these, those) { $0.rate.map(QuantityText.rate) ?? "none" }
    compareDurations(these, those)
    if (these + those).contains(where: { $0.rate != nil }) {
      sentences.append(
        "at a rate that is asked for, requests/sec says whether it was held, not which side is "
          + "faster")
    }
    tell(these, "these runs")
    tell(those, "the runs to compare with")
  }

  private mutating func compare(
    _ what: String, _ these: [LoadResult], _ those: [LoadResult], _ value: (LoadResult) -> String
  ) {
    let left = Set(these.map(value))
    let right = Set(those.map(value))
    guard left != right else { return }
    func text(_ values: Set<String>) -> String {
      let shown = values.sorted().prefix(3).map { printable($0) }.joined(separator: ", ")
      return values.count > 3 ? shown + ", …" : shown
    }
    sentences.append("\(what) differ: \(text(left)) against \(text(right))")
  }

  private mutating func tell(_ runs: [LoadResult], _ whose: String) {
    let silent = runs.count { $0.requests <= 0 }
    if silent > 0 {
      sentences.append(
        "\(silent) of \(whose) answered no request and \(silent == 1 ? "is" : "are") left out")
    }
    let errors = runs.reduce(0.0) { $0 + Double($1.errors.total) }
    if errors > 0 {
      sentences.append("\(whose) had \(QuantityText.grouped(errors)) errors, which count nowhere")
    }
  }

  /// Spans are measured, so that some difference is no difference.
  private mutating func compareDurations(_ these: [LoadResult], _ those: [LoadResult]) {
    let left = Distribution(these.map(\.durationSeconds)).median
    let right = Distribution(those.map(\.durationSeconds)).median
    guard max(left, right) > 1.1 * min(left, right) else { return }
    let texts = [left, right].map { QuantityText.time(seconds: $0) }
    sentences.append("durations differ: \(texts[0]) against \(texts[1])")
  }
}
