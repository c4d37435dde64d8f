public import FlameGraphs
internal import Profiles
public import Terminal

/// A directory of runs: recordings, pictures and results named by time, commit and scenario, each compared
/// with the run of its scenario before it, and a page of all.
///
/// The files say it all. Others' files, damaged ones and such that only look like a run's are named and
/// passed over.
public struct RunHistory: Sendable {
  public let directory: String
  private let picture: FlameGraphOptions

  /// - Parameters:
  ///   - directory: which is there.
  ///   - picture: how differences are drawn, but for their titles.
  public init(directory: String, picture: FlameGraphOptions) {
    self.directory = directory
    self.picture = picture
  }

  /// The name of the page below ``directory``, and of its table for a summary elsewhere.
  public static let page = "index.html"
  public static let table = "index.md"

  public func path(_ run: RunName, _ kind: RunFile) -> String {
    path(run.stem + kind.ending)
  }

  public func path(_ file: String) -> String {
    directory == "/" ? "/\(file)" : "\(directory)/\(file)"
  }

  /// Finds out before the work whether it can be kept.
  public func probe() throws(CommandError) {
    for file in [Self.page, Self.table] { try OutputFile.probe(path(file)) }
  }

  /// Keeps a recording under a name that nothing else has, also if others do so at the same time. What
  /// else belongs to the run may be written beside it then.
  ///
  /// - Parameters:
  ///   - artifact: in pprof's format.
  ///   - seconds: when it began, since 1970.
  ///   - commit: see ``RunName/commit(_:)``.
  ///   - label: see ``RunName/label(for:)``.
  public func keep(
    _ artifact: [UInt8], seconds: Int64, commit: String, label: String
  ) throws(CommandError) -> RunName {
    for number in 1...RunName.most {
      let name = RunName(seconds: seconds, commit: commit, label: label, number: number)
      if RunFile.allCases.contains(where: { RegularFile.exists(path(name, $0)) }) { continue }
      if try OutputFile.writeNew(artifact, to: path(name, .artifact)) { return name }
    }
    throw CommandError(
      .cantCreate,
      "\(quoted(directory)) has \(RunName.most) runs of this second; name another directory")
  }

  /// Reads what is there, compares what has not been compared, draws what has not been drawn, and
  /// writes the page and the table.
  ///
  /// - Complexity: runs that were seen before cost a look at their files and a small record each.
  public func update() throws(CommandError) -> HistoryState {
    var state = HistoryState()
    var groups: [String: [RunName]] = [:]
    for file in directoryEntries(of: directory) {
      switch RunFile.of(file) {
      case (let run, .artifact)?: groups[run.label, default: []].append(run)
      case (let run, let kind)?:
        if !RegularFile.exists(path(run, .artifact)) {
          state.skip(
            file,
            "the recording that it belongs to is missing, \(run.stem)\(RunFile.artifact.ending)")
        } else if kind == .picture, RegularFile.size(path(file)) == nil {
          state.skip(file, "it is no file")
        }
      case nil:
        if file != Self.page, file != Self.table { state.skip(file, "it is no file of a run") }
      }
    }
    for (_, runs) in groups.sorted(by: { $0.key < $1.key }) {
      var previous: HistoryState.Run?
      var earlier = LoadedRun()
      for name in runs.sorted() {
        var run = LoadedRun()
        do throws(RunProblem) {
          let next = try examine(name, &run, after: previous, &earlier, &state)
          state.runs.append(next)
          previous = next
          earlier = run
        } catch {
          state.skip(name.stem + RunFile.artifact.ending, error.reason)
        }
      }
    }
    state.runs.reverse()
    let page = HistoryPage(state)
    try OutputFile.write(Array(page.html.utf8), to: path(Self.page))
    try OutputFile.write(Array(page.markdown.utf8), to: path(Self.table))
    return state
  }

  /// What is known of a run, from its record or else from its files.
  private func examine(
    _ name: RunName, _ run: inout LoadedRun, after previous: HistoryState.Run?,
    _ earlier: inout LoadedRun, _ state: inout HistoryState
  ) throws(RunProblem) -> HistoryState.Run {
    guard let print = FilePrint(path(name, .artifact)) else {
      throw RunProblem("it is no file that can be read")
    }
    let bench = FilePrint(path(name, .bench))
    let kept = RunRecord.read(path(name, .record))
    let isKnown =
      kept?.artifact == print && kept?.bench == bench && kept?.figures.name == name.label
    var record: RunRecord
    if isKnown, let kept {
      record = kept
    } else {
      record = RunRecord(
        artifact: print, bench: bench, figures: try figures(name, &run, bench != nil, &state))
    }
    var hasDifference = false
    if let previous, let base = FilePrint(path(previous.name, .artifact)) {
      let difference = path(name, .difference)
      hasDifference = RegularFile.size(difference) != nil
      let isCompared =
        record.previous?.stem == previous.name.stem && record.previous?.artifact == base
      if !isCompared || (!hasDifference && record.previous?.changes != nil) {
        record.previous = RunRecord.Previous(stem: previous.name.stem, artifact: base)
        hasDifference = compare(name, &run, previous.name, &earlier, &record, &state)
      }
    } else {
      record.previous = nil
    }
    if record != kept {
      do throws(CommandError) {
        try record.write(to: path(name, .record))
      } catch {
        // Found out again next time.
        state.notes.append(error.message)
      }
    }
    let comparison = previous.flatMap { previous in
      record.previous.map {
        HistoryState.Comparison(
          previous: previous.name, previousFigures: previous.figures, changes: $0.changes,
          reason: $0.reason, hasDifference: hasDifference)
      }
    }
    return HistoryState.Run(
      name: name, figures: record.figures,
      hasPicture: RegularFile.size(path(name, .picture)) != nil,
      hasBench: record.bench != nil && record.figures.load != nil, comparison: comparison)
  }

  private func figures(
    _ name: RunName, _ run: inout LoadedRun, _ hasBench: Bool, _ state: inout HistoryState
  ) throws(RunProblem) -> RunFigures {
    let profile = try run.profile(path(name, .artifact))
    var load: RunFigures.Load?
    if hasBench {
      do throws(RunProblem) {
        load = try LoadedRun.load(path(name, .bench))
      } catch {
        state.skip(name.stem + RunFile.bench.ending, error.reason)
      }
    }
    return RunFigures(name: name.label, profile: profile, load: load)
  }

  /// Compares and draws; whether there is a picture.
  private func compare(
    _ name: RunName, _ run: inout LoadedRun, _ previous: RunName, _ earlier: inout LoadedRun,
    _ record: inout RunRecord, _ state: inout HistoryState
  ) -> Bool {
    let comparison: ProfileComparison
    do {
      comparison = try ProfileComparison(
        new: try run.profile(path(name, .artifact)),
        base: try earlier.profile(path(previous, .artifact)), isNormalized: true)
      record.previous?.changes = try RunChanges(comparison)
    } catch {
      record.previous?.reason = (error as? RunProblem)?.reason ?? "\(error)"
      return false
    }
    var picture = picture
    picture.title = "\(name.label): what changed"
    picture.subtitle =
      "\(name.timeText), \(name.commit), against \(previous.timeText), \(previous.commit)"
    do throws(CommandError) {
      try OutputFile.write(
        FlameGraph(comparison: comparison, widths: .new, reverse: picture.reverse).svg(picture),
        to: path(name, .difference))
      return true
    } catch {
      state.notes.append(error.message)
      return false
    }
  }
}
