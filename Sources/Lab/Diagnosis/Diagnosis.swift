/// Checks, tried side by side, and what each found.
public struct Diagnosis: Sendable {
  /// In the order of the checks.
  public let results: [Result]

  public struct Result: Sendable {
    public let check: Check
    public let finding: Finding
    /// How long the trial took.
    public let duration: Duration
  }

  /// Tries all `checks`, each on a thread of its own and until its deadline: one that does not end is
  /// left behind and found not to have answered. `report` is called in the order of the checks, as soon
  /// as each and those before it have ended.
  ///
  /// What is measured while the others keep the machine busy is not what is there on its own: checks of
  /// `CheckGroup.noise` are tried one after another, before the others.
  public static func run(_ checks: [Check], report: (Result) -> Void = { _ in }) -> Diagnosis {
    var results: [Result?] = Array(repeating: nil, count: checks.count)
    var reported = 0
    func settle(_ trial: Trial) {
      results[trial.index] = trial.result()
      while reported < results.count, let next = results[reported] {
        report(next)
        reported += 1
      }
    }
    let trials = checks.enumerated().map { Trial(index: $0.offset, check: $0.element) }
    for trial in trials where trial.check.group == .noise {
      trial.start()
      settle(trial)
    }
    let others = trials.filter { $0.check.group != .noise }
    for trial in others { trial.start() }
    for trial in others { settle(trial) }
    return Diagnosis(results: results.compactMap { $0 })
  }
}
