import Glibc
import LinuxSystem
import Terminal

/// Migrations applied by twenty runners at once, and by one.
struct MigrateRunners: Claim {
  let name = "migrate-runners"
  let summary = "twenty runners of migrate up at once, and one, beside dbmate (15 s a pair)"
  let tools = [Tool.dbmate]
  private let runnerCount = 20

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport {
    let trial = try MigrationTrial(bench)
    var report = ClaimReport(name)
    var isWhole = true
    for engine in MigrationTrial.Engine.allCases {
      var crowds: [Crowd] = []
      var single: [MigrationTrial.Runner: Series] = [:]
      var sides: [(name: String, run: (Int) throws(CommandError) -> Void)] = []
      let runners = MigrationTrial.Runner.allCases.filter { $0.isFor(engine) }
      for (index, runner) in runners.enumerated() {
        crowds.append(Crowd(runner, engine, runnerCount))
        single[runner] = Series("\(runner.rawValue), \(engine.rawValue): one, wall time", .seconds)
        report.commands.append(bench.shown(trial.command(runner, engine, "NAME")))
        sides.append(
          (
            "\(runner.rawValue) on \(engine.rawValue)",
            { pair throws(CommandError) in
              let crowd = try trial.run(runner, engine, runners: runnerCount)
              crowds[index].set(crowd, pair)
              let alone = try trial.run(runner, engine, runners: 1)
              guard alone.endedWell == 1, alone.isEachOnce else {
                throw bench.failure(of: trial.command(runner, engine, "NAME"), "did not end well")
              }
              single[runner]?.set(alone.seconds, pair: pair)
              if runner == .lynx {
                isWhole = isWhole && crowd.endedWell == runnerCount && crowd.isEachOnce
              }
            }
          ))
      }
      try bench.alternate(name, pairs: bench.arguments.pairs, sides)
      report.series += crowds.flatMap(\.series) + runners.compactMap { single[$0] }
      if let own = single[.lynx], let other = single[.dbmate] {
        let ratio = Ratio(own, by: other)
        report.ratios.append(ratio)
        report.requirements.append(
          Requirement(
            "\(engine.rawValue): one runner takes no longer than dbmate", ratio.distribution,
            .atMost(1), isAim: true))
      }
    }
    report.requirements.insert(
      Requirement(
        "all \(runnerCount) runners of lynx end well and each migration runs once, every time",
        isWhole ? .holds : .missed), at: 0)
    report.notes = [
      "\(MigrationTrial.count) migrations in one directory, both sides read the same files: a "
        + "table, an index and a row each; an empty database each time, PostgreSQL as it comes",
      "wall time of \(runnerCount): from the first start to the last end; dbmate has a lock on "
        + "PostgreSQL only, if asked for",
    ]
    if trial.isScript { report.notes.append("dbmate is a script here, whose own start counts") }
    return report
  }

  /// What many runners at once did.
  private struct Crowd {
    private var endedWell: Series
    private var unlikeOnce: Series
    private var seconds: Series

    init(_ runner: MigrationTrial.Runner, _ engine: MigrationTrial.Engine, _ count: Int) {
      let side = "\(runner.rawValue), \(engine.rawValue)"
      endedWell = Series("\(side): of \(count), ended well", .count)
      unlikeOnce = Series("\(side): of \(count), migrations not run once", .count)
      seconds = Series("\(side): of \(count), wall time", .seconds)
    }

    var series: [Series] { [endedWell, unlikeOnce, seconds] }

    mutating func set(_ outcome: MigrationTrial.Outcome, _ pair: Int) {
      endedWell.set(Double(outcome.endedWell), pair: pair)
      unlikeOnce.set(Double(outcome.migrationsNotOnce), pair: pair)
      seconds.set(outcome.seconds, pair: pair)
    }
  }
}
