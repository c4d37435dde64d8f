import Experiments
import FlameGraphs
import LinuxSystem
import LoadResults
import Profiles
import Symbols
import Terminal

/// `--history`: recordings kept in a directory, each compared with the one before it.
struct HistoryOutput {
  private let history: RunHistory
  private let picture: FlameGraphOptions
  private let manner: Manner
  /// What was kept by this command.
  private var runs: [RunName] = []
  /// What the directory held afterwards.
  private var state: HistoryState?

  /// Makes the directory and finds out whether it can be written into.
  init(directory: String, picture: FlameGraphOptions, manner: Manner) throws(CommandError) {
    try OutputDirectory.make(directory)
    var differences = picture
    differences.describe = { Demangling.signature($0.systemName) }
    history = RunHistory(directory: directory, picture: differences)
    self.picture = picture
    self.manner = manner
    try history.probe()
  }

  /// Keeps a recording, the load it was made under, and its picture: the recording first, from which the
  /// rest could be had again.
  mutating func keep(
    _ profile: Profile, of subject: HistorySubject, load: LoadResult? = nil, title: String? = nil
  ) throws(CommandError) -> [ProfileOutputs.Written] {
    let artifact: [UInt8]
    do throws(ProfileFormatError) {
      artifact = try PprofFormat.encode(profile)
    } catch {
      throw CommandError(.failed, "the profile cannot be written as pprof: \(error)")
    }
    let began = profile.startNanoseconds / 1_000_000_000
    let run = try history.keep(
      artifact, seconds: began, commit: subject.commit(in: profile),
      label: RunName.label(for: subject.name))
    runs.append(run)
    if let load {
      let saved = SavedResults(
        version: Lynx.number, commit: builtCommit, machine: Machine.facts, runs: [load])
      let bytes: [UInt8]
      do throws(SavedResultsError) {
        bytes = try saved.compressed()
      } catch {
        throw CommandError(.failed, "what was measured cannot be saved: \(error.message)")
      }
      try OutputFile.write(bytes, to: history.path(run, .bench))
    }
    var options = picture
    if let title, options.title == FlameGraphOptions().title { options.title = title }
    let pictures = ProfileOutputs(
      outputs: [ProfileOutput(path: history.path(run, .picture), format: .svg)], picture: options)
    return [
      .init(
        output: ProfileOutput(path: history.path(run, .artifact), format: .pprof),
        byteCount: artifact.count)
    ] + (try pictures.write(profile).get())
  }

  /// Compares what was kept with what was there before, and writes the page.
  mutating func update() throws(CommandError) {
    let state = try history.update()
    self.state = state
    guard !manner.isQuiet else { return }
    for note in state.notes { try? StandardStream.error.write("note: \(printable(note))\n") }
    if manner.isVerbose {
      for (file, reason) in state.skipped {
        try? StandardStream.error.write(
          "note: \(quoted(file)) is passed over: \(printable(reason))\n")
      }
    } else if state.skippedCount > 0 {
      let count = state.skippedCount == 1 ? "1 file" : "\(state.skippedCount) files"
      try? StandardStream.error.write(
        "note: \(count) in \(quoted(history.directory)) passed over; "
          + "\(RunHistory.page) says why\n")
    }
  }

  /// What this command's runs changed against those before them, for people.
  func text(style: Style) -> String {
    guard let state else { return "" }
    let lines = runs.compactMap(state.run).flatMap { run in
      run.lines(style: style, width: StandardStream.error.columns) + [""]
    }
    return (lines + ["wrote \(printable(history.path(RunHistory.page)))\n"]).joined(separator: "\n")
  }

  private static let member = "history"

  /// The report with what is said of the run number `index` of this command.
  func added(to report: JSONValue, run index: Int) -> JSONValue {
    guard case .object(let members) = report, runs.indices.contains(index),
      let run = state?.run(runs[index])
    else { return report }
    return .object(members + [.init(Self.member, run.json(in: history))])
  }
}
