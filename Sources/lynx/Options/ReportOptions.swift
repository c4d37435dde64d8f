import ArgumentParser
import Terminal

/// Where a command reports what it found as JSON.
struct ReportOptions: ParsableArguments {
  @Option(
    name: .customLong("json"), defaultAsFlag: ReportDestination.standardOutput, parsing: .next,
    help: ArgumentHelp(
      "Report as JSON, to FILE.json or else standard output.", valueName: "FILE.json"),
    completion: ValueCompletion.reports)
  var json: ReportDestination?

  func resolved() throws(CommandError) -> ReportDestination? {
    // `lynx render --json in.pb.gz` would otherwise overwrite its input.
    if case .file(let path) = json, !path.lowercased().hasSuffix(".json"),
      !path.hasPrefix("/dev/")
    {
      throw CommandError(
        .usage,
        "--json takes \(quoted(path)) for the file to write, which does not end in .json; "
          + "write --json=- for standard output, or put --json last")
    }
    return json
  }
}

enum ReportDestination: Sendable, Equatable {
  case standardOutput
  case file(String)

  var path: String {
    switch self {
    case .standardOutput: "-"
    case .file(let path): path
    }
  }

  /// Writes `report`, which begins with `"schema": 1`, as one line.
  func write(_ report: JSONValue) throws(CommandError) {
    try OutputFile.write(Array((report.text + "\n").utf8), to: path)
  }
}

extension ReportDestination: ExpressibleByArgument, CustomStringConvertible {
  init?(argument: String) {
    self = argument == "-" ? .standardOutput : .file(argument)
  }

  /// Empty, so that help does not speak of a default that its sentence already tells.
  var description: String { "" }
}
