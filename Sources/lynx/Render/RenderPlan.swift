import Terminal

/// What `lynx render` is to do, nothing left open.
struct RenderPlan {
  var inputs: [String]
  var outputs: ProfileOutputs
  /// How many functions to print.
  var topCount: Int?
  var report: ReportDestination?
  /// What to set the inputs against, if anything.
  var comparison: Comparison?
  var manner: Manner

  struct Comparison: Sendable, Equatable {
    var base: String
    /// Whether shares are compared rather than numbers of samples.
    var isNormalized: Bool
    /// Whether it is told what changed from the inputs to `base`.
    var isNegated: Bool
  }

  private static let usualChangeCount = 20

  static let noInput = CommandError(
    .usage, "no input; name a profile, for example: lynx render flamegraph.pb.gz --top 20")

  init(resolving arguments: RenderArguments) throws(CommandError) {
    inputs = arguments.inputs
    manner = try arguments.general.resolved()
    report = try arguments.output.report.resolved()
    topCount = arguments.output.top
    comparison = try arguments.comparison.resolved()
    guard let first = inputs.first else { throw Self.noInput }
    guard (inputs + [comparison?.base ?? ""]).count(where: { $0 == "-" }) <= 1 else {
      throw CommandError(.usage, "standard input can be read once; name - once")
    }

    outputs = ProfileOutputs(
      outputs: [],
      picture: comparison == nil
        ? arguments.picture.resolved() : try arguments.picture.resolvedForComparison())
    let format = arguments.output.format
    for path in arguments.output.output {
      if path == "-", format == nil {
        throw CommandError(
          .usage,
          "-o - needs a format, since - has no extension; add --format svg, folded, txt "
            + "or pprof")
      }
      outputs.outputs.append(try ProfileOutput(path: path, explicitFormat: format))
    }
    if outputs.outputs.isEmpty, let format {
      outputs.outputs = [ProfileOutput(path: "-", format: format)]
    }
    if comparison != nil,
      let output = outputs.outputs.first(where: { ![.svg, .txt].contains($0.format) })
    {
      throw CommandError(
        .usage,
        "a comparison cannot be written as \(output.format.rawValue); "
          + "write a picture (svg) or a table (txt)")
    }
    if outputs.outputs.contains(where: { $0.path == "-" && $0.format == .pprof }),
      StandardStream.output.isTerminal
    {
      throw CommandError(
        .usage, "pprof is compressed and nothing for a terminal; redirect it, or use -o out.pb.gz")
    }
    if outputs.outputs.isEmpty, topCount == nil, report == nil {
      guard comparison != nil else {
        throw CommandError(
          .usage, "nothing to write; say what you want to see",
          remedy: """
            lynx render \(printable(first)) --top 20
            lynx render \(printable(first)) -o flamegraph.svg
            """)
      }
      // What changed the most is what a comparison is made for.
      topCount = Self.usualChangeCount
    }

    var paths = outputs.outputs.map(\.path)
    if let report {
      paths.append(report.path)
    }
    // With a report on standard output, the functions are part of it.
    if topCount != nil, report != .standardOutput { paths.append("-") }
    try requireDistinct(paths)
  }
}
