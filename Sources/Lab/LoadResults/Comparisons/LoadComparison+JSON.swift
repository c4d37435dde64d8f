public import Terminal

extension LoadComparison {
  /// The comparison as a member of `"comparisons"`.
  public var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("name", .string(name)), .init("interleaved", .bool(origin == .alternating)),
    ]
    if case .saved(let file) = origin { members.append(.init("saved_file", .string(file))) }
    members += [
      .init("this", these.json), .init("against", those.json),
      .init("figures", .array(figures.map(\.json))),
      .init("warnings", .array(warnings.map { .string($0) })),
    ]
    return .object(members)
  }
}

extension LoadComparison.Side {
  fileprivate var json: JSONValue { ["url": .string(url), "runs": .integer(Int64(runs))] }
}

extension ComparedFigure {
  fileprivate var json: JSONValue {
    let interval = estimate.interval
    return [
      "figure": .string(figure.rawValue),
      "this_median": .number(these.median), "against_median": .number(those.median),
      "ratio": .number(estimate.ratio),
      "interval": interval.map { [.number($0.lowerBound), .number($0.upperBound)] } ?? .null,
      "confidence": interval == nil ? .null : .number(estimate.confidence),
      "p_value": .number(test.pValue), "is_exact": .bool(test.isExact),
      "smallest_p_value": .number(smallestPValue), "verdict": .string(verdict.rawValue),
      "text": .string(sentence),
    ]
  }
}
