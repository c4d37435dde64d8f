import Glibc
import LinuxSystem
import Terminal

/// How `perf record` and `perf script` are run here.
struct Perf {
  var frequencyHertz = 997
  var callGraph = "dwarf,\(Lynx.stackBytes)"
  let dataPath: String
  let scriptPath: String

  init(_ bench: Bench) {
    dataPath = bench.scratch("perf.data")
    scriptPath = bench.scratch("perf.txt")
  }

  private var record: [String] {
    [
      "perf", "record", "-F", "\(frequencyHertz)", "-g", "--call-graph", callGraph, "-o", dataPath,
    ]
  }

  func attaching(to process: ProcessID) -> [String] { record + ["-p", "\(process)"] }
  func launching(_ program: [String]) -> [String] { record + ["--"] + program }

  func script(inlines: Bool, showingLost: Bool = false) -> [String] {
    ["perf", "script"] + (inlines ? [] : ["--no-inline"])
      + (showingLost ? ["--show-lost-events"] : []) + ["-i", dataPath]
  }

  /// How large the recording is on disk.
  func dataBytes() throws(CommandError) -> Int64 {
    do {
      return try FileDescriptor(reading: dataPath).status().size
    } catch {
      throw CommandError(.failed, "perf left no recording: \(error)")
    }
  }
}
