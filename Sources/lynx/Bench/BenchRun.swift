import LinuxSystem
import LoadResults
import LoadTesting
import Terminal

/// `lynx bench` at work.
struct BenchRun {
  let plan: BenchPlan

  func perform() throws {
    if let save = plan.save { try OutputFile.probe(save) }
    if let report = plan.report { try OutputFile.probe(report.path) }
    try plan.profile?.probe()
    let watch = try BenchWatch(plan)
    let groups = try plan.trials(
      note: { watch.note($0) }, isStopWanted: { watch.isStopWanted() })
    var collected = BenchResults()
    var failure: (any Error)?
    for group in groups {
      do {
        if failure == nil, !watch.isStopWanted() { try run(group, watch, &collected) }
      } catch {
        // What was measured before is written all the same.
        failure = error
      }
      if let complaint = group.server?.stop() { watch.note("note: \(complaint)") }
    }
    watch.finish()
    if collected.these.isEmpty {
      throw failure ?? CommandError(.failed, "stopped before anything was measured")
    }
    try report(collected)
    if let failure { throw failure }
    if let failure = watch.profileFailure { throw failure }
  }

  private func run(
    _ group: BenchTrials, _ watch: BenchWatch, _ collected: inout BenchResults
  ) throws(CommandError) {
    for trial in group.trials {
      for turn in 0..<plan.runs {
        // A B B A: what changes on the machine meanwhile is the same for both.
        var sides = [(trial.these, true)]
        if let those = trial.those { sides.append((those, false)) }
        if turn % 2 == 1 { sides.reverse() }
        for (settings, isThis) in sides {
          if watch.isStopWanted() { return }
          let result = try run(settings, trial, turn, watch)
          // Stopped during the warm-up.
          if result.durationSeconds == 0 { return }
          if isThis { collected.these.append(result) } else { collected.those.append(result) }
          try watch.show(result, isOnly: plan.runs == 1)
        }
      }
    }
  }

  private func run(
    _ settings: LoadSettings, _ trial: BenchTrials.Trial, _ turn: Int, _ watch: BenchWatch
  ) throws(CommandError) -> LoadResult {
    let before = trial.cache?.cacheCounts(settings)
    do {
      watch.begin(settings, turn)
      var result: LoadResult
      if plan.profile == nil {
        let load = try LoadRun(settings)
        result = try load.run { watch.update(load) }
      } else {
        result = try BenchProfile(plan).run(settings, watch)
      }
      result.notes += trial.notes
      if let before, let after = trial.cache?.cacheCounts(settings) {
        result.notes.append(Self.cacheNote(before, after))
      }
      return result
    } catch let error as LoadError {
      throw CommandError(error)
    } catch let error as CommandError {
      throw error
    } catch {
      throw CommandError(.failed, "\(error)")
    }
  }

  /// Whether the scenario was as cold as its name says.
  private static func cacheNote(
    _ before: (hits: Double, misses: Double), _ after: (hits: Double, misses: Double)
  ) -> String {
    let hits = after.hits - before.hits
    let all = hits + after.misses - before.misses
    let share = all > 0 ? hits / all * 100 : 0
    let text =
      "the server's cache answered \(NumberText.fixed(share, places: 1)) % of the redirects"
    return share > 5 ? text + ": for a cold one start it with --cache-max-entries 1" : text
  }

  private func report(_ results: BenchResults) throws {
    let runs = (results.these + results.those).sorted { $0.startedAt < $1.startedAt }
    var report = LoadReport(runs: runs)
    if plan.against != nil, results.these.isEmpty || results.those.isEmpty {
      report.leftOut = ["stopped before both servers were measured: there is nothing to compare"]
    } else if plan.against != nil {
      (report.comparisons, report.leftOut) = LoadComparison.comparisons(
        of: results.these, against: results.those, .alternating)
    }
    if let saved = plan.saved {
      let (chosen, others) = Self.sameServer(saved.results.runs, results.these)
      let (comparisons, leftOut) = LoadComparison.comparisons(
        of: results.these, against: chosen, .saved(file: saved.path))
      report.comparisons += comparisons
      report.leftOut += leftOut
      if !others.isEmpty {
        report.leftOut.append(
          "\(saved.path) has runs of other servers as well, which were left out: "
            + others.joined(separator: ", "))
      }
    }
    report.thresholds = plan.thresholds.flatMap { limit in
      results.these.map { limit.outcome(of: $0) }
    }
    if let save = plan.save {
      let saved = SavedResults(
        version: Lynx.number, commit: builtCommit, machine: Machine.facts,
        runs: runs)
      let bytes: [UInt8]
      do throws(SavedResultsError) {
        bytes = try saved.compressed()
      } catch {
        throw CommandError(.failed, "what was measured cannot be saved: \(error.message)")
      }
      try OutputFile.write(bytes, to: save)
    }
    try plan.report?.write(report.json)
    if plan.report != .standardOutput, !plan.manner.isQuiet {
      let style = Style(plan.manner.color, for: .output)
      let lines = report.lines(
        style: style, width: BenchWatch.width, withRuns: false)
      if !lines.isEmpty {
        let separator = plan.runs == 1 ? "\n" : ""
        try StandardStream.output.write(separator + lines.joined(separator: "\n") + "\n")
      }
    }
    if report.missesThreshold {
      let missed = report.thresholds.filter { !$0.isKept }
      throw CommandError(
        .threshold,
        "\(missed.count) of \(report.thresholds.count) thresholds missed: "
          + missed.map { "\($0.threshold.text) (\($0.observed))" }.joined(separator: ", "))
    }
    if report.runs.allSatisfy({ $0.requests == 0 }) {
      throw CommandError(.failed, "no request was answered as expected")
    }
  }

  /// Of saved runs those at a server that was loaded now as well, if there are any: a file may have two
  /// sides. And where the others were.
  private static func sameServer(
    _ saved: [LoadResult], _ now: [LoadResult]
  ) -> (chosen: [LoadResult], others: [String]) {
    let urls = Set(now.map(\.url))
    let same = saved.filter { urls.contains($0.url) }
    if same.isEmpty || same.count == saved.count { return (saved, []) }
    return (same, Set(saved.map(\.url)).subtracting(urls).sorted())
  }
}

/// What was measured, of both servers.
struct BenchResults {
  var these: [LoadResult] = []
  var those: [LoadResult] = []
}
