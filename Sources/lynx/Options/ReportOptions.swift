import ArgumentParser
import Terminal

/// Where a command reports what it found as JSON.
struct ReportOptions: ParsableArguments {
  @Option(
    name: .customLong("json"), defaultAsFlag: "-", parsing: .next,
    help: ArgumentHelp("Report as JSON, on standard output or to FILE.json.", valueName: "FILE"))
  var json: String?

  func resolved() throws(CommandError) -> ReportDestination? {
    guard let json else { return nil }
    if json == "-" { return .standardOutput }
    // `lynx render --json in.pb.gz` would otherwise overwrite its input.
    guard json.lowercased().hasSuffix(".json") || json.hasPrefix("/dev/") else {
      throw CommandError(
        .usage,
        "--json takes \(quoted(json)) for the file to write, which does not end in .json; "
          + "write --json=- for standard output, or put --json last")
    }
    return .file(json)
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
