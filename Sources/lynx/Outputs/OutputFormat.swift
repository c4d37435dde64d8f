import ArgumentParser
import Terminal

/// What a profile can be written as.
enum OutputFormat: String, Sendable, CaseIterable, ExpressibleByArgument {
  /// A flame graph.
  case svg
  /// A stack a line, a semicolon between its frames and a count behind them.
  case folded
  /// The table of functions.
  case txt
  /// The gzip artifact that keeps everything.
  case pprof

  var fileExtension: String {
    switch self {
    case .svg: ".svg"
    case .folded: ".folded"
    case .txt: ".txt"
    case .pprof: ".pb.gz"
    }
  }

  static var knownExtensions: String {
    let all = allCases.map(\.fileExtension)
    return all.dropLast().joined(separator: ", ") + " or " + (all.last ?? "")
  }

  /// The format the name of a file asks for.
  init?(path: String) {
    let path = path.lowercased()
    guard let format = Self.allCases.first(where: { path.hasSuffix($0.fileExtension) }) else {
      return nil
    }
    self = format
  }

  /// `path` without the extension of this format, if it has it, and without any other if not.
  func stem(of path: String) -> String {
    if path.lowercased().hasSuffix(fileExtension) {
      return String(path.dropLast(fileExtension.count))
    }
    let nameStart = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    guard let dot = path[nameStart...].lastIndex(of: "."), dot > nameStart else { return path }
    return String(path[..<dot])
  }
}

/// One file to write a profile to.
struct ProfileOutput: Sendable, Equatable {
  var path: String
  var format: OutputFormat

  init(path: String, format: OutputFormat) {
    self.path = path
    self.format = format
  }

  /// The output `-o path` asks for; an explicit `format` wins over the extension.
  init(path: String, explicitFormat format: OutputFormat? = nil) throws(CommandError) {
    guard !path.isEmpty else {
      throw CommandError(.usage, "-o needs the name of a file, for example -o flamegraph.svg")
    }
    guard let format = format ?? OutputFormat(path: path) else {
      throw CommandError(
        .usage,
        "the name \(quoted(path)) does not say what to write; "
          + "end it in \(OutputFormat.knownExtensions)")
    }
    self.init(path: path, format: format)
  }
}

/// Refuses a command line that would write two things to one place.
func requireDistinct(_ paths: [String]) throws(CommandError) {
  var seen: Set<String> = []
  for path in paths where !seen.insert(path == "/dev/stdout" ? "-" : path).inserted {
    let name = path == "-" || path == "/dev/stdout" ? "standard output" : quoted(path)
    throw CommandError(.usage, "two things would be written to \(name); give each its own")
  }
}
