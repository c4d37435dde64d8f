internal import Terminal

extension ComparedFigure.Figure {
  var title: String {
    switch self {
    case .requestsPerSecond: "requests/sec"
    case .p50: "p50"
    case .p99: "p99"
    case .serverCPUPerRequest: "server CPU/request"
    }
  }

  func text(_ value: Double) -> String {
    switch self {
    case .requestsPerSecond: QuantityText.rate(value)
    default: QuantityText.time(nanoseconds: value * 1000)
    }
  }

  /// What a person says of a higher value and of a lower one.
  var words: (higher: String, lower: String) {
    switch self {
    case .requestsPerSecond: ("faster", "slower")
    case .p50, .p99: ("longer", "shorter")
    case .serverCPUPerRequest: ("dearer", "cheaper")
    }
  }

  /// Whether a higher value is what one wants.
  var isBetterHigher: Bool { self == .requestsPerSecond }
}

extension ComparedFigure {
  /// A cell each: figure, both medians, ratio with its interval.
  var cells: [String] {
    func factor(_ ratio: Double) -> String { NumberText.fixed(ratio, places: 3) }
    let interval = estimate.interval.map { " (\(factor($0.lowerBound))–\(factor($0.upperBound)))" }
    return [
      figure.title, figure.text(these.median), figure.text(those.median),
      factor(estimate.ratio) + (interval ?? ""),
    ]
  }

  /// The word on significance: `faster by 4.1 % (2.0–6.3 %), p = 0.008`.
  public var sentence: String {
    switch verdict {
    case .tooFewRuns:
      return
        "too few runs to say: with \(these.count) against \(those.count) the smallest two-sided "
        + "p is \(Self.text(p: smallestPValue, places: 2)), four a side or more can tell"
    case .noDifference:
      return "no difference that these runs could show (\(changes)), \(probability)"
    case .higher, .lower:
      let bounds = estimate.interval.map { [$0.lowerBound, $0.upperBound] } ?? []
      let percents = bounds.map { abs($0 - 1) * 100 }.sorted().map(QuantityText.percent)
      let word = verdict == .higher ? figure.words.higher : figure.words.lower
      let change = QuantityText.percent(abs(estimate.ratio - 1) * 100)
      return
        "\(word) by \(change) % (\(percents.joined(separator: "–")) %), \(probability)"
    }
  }

  /// `p = 0.008`.
  private var probability: String {
    test.pValue < 0.0005 ? "p < 0.0005" : "p = \(Self.text(p: test.pValue, places: 3))"
  }

  private static func text(p: Double, places: Int) -> String {
    var text = NumberText.fixed(p, places: places)
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text
  }

  /// From one end of the interval to the other: `2.0 % slower to 4.4 % faster`.
  private var changes: String {
    func change(_ ratio: Double) -> String {
      let percent = QuantityText.percent(abs(ratio - 1) * 100)
      return "\(percent) % \(ratio < 1 ? figure.words.lower : figure.words.higher)"
    }
    guard let interval = estimate.interval else { return change(estimate.ratio) }
    return "\(change(interval.lowerBound)) to \(change(interval.upperBound))"
  }
}
