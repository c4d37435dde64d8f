import Glibc
import LinuxSystem
import Terminal

/// How `lynx profile` is run here.
struct Lynx {
  var frequencyHertz = 997
  var callGraph = "dwarf"
  /// As much as perf is told to copy.
  static let stackBytes = 16_384

  private let bench: Bench
  let summaryPath: String
  let picturePath: String
  let foldedPath: String
  let artifactPath: String
  var writesFolded = false

  init(_ bench: Bench) {
    self.bench = bench
    summaryPath = bench.scratch("lynx.json")
    picturePath = bench.scratch("lynx.svg")
    foldedPath = bench.scratch("lynx.folded")
    artifactPath = bench.scratch("lynx.pb.gz")
  }

  private var command: [String] {
    var words = [
      bench.lynxPath, "profile", "-F", "\(frequencyHertz)", "--call-graph", callGraph,
    ]
    if callGraph == "dwarf" { words += ["--stack-size", "\(Self.stackBytes)"] }
    words += ["-o", picturePath]
    if writesFolded { words += ["-o", foldedPath] }
    return words + ["--json", summaryPath]
  }

  /// Profiles processes that run.
  func attaching(to process: ProcessID) -> [String] { command + ["-p", "\(process)"] }

  /// Profiles a program from its start to its end.
  func launching(_ program: [String]) -> [String] { command + ["--"] + program }

  func summary() throws(CommandError) -> LynxSummary {
    try LynxSummary(readingFrom: summaryPath)
  }
}
