import Experiments
import LinuxSystem
import LoadTesting
import Terminal

/// Loads in the order in which they are to be made, and the server they need, if one was started.
struct BenchTrials {
  /// One kind of load, of one server or of two in turn.
  struct Trial {
    var these: LoadSettings
    /// The same load of the other server.
    var those: LoadSettings?
    /// What a reader has to know of it.
    var notes: [String] = []
    /// Where the share of redirects that the cache answered can be asked for.
    var cache: LynxInstance?
  }

  var trials: [Trial] = []
  /// To be stopped in the end.
  var server: SpawnedServer?
}

extension BenchPlan.BenchSide {
  /// What the load is called in reports.
  fileprivate var name: String {
    let kinds = plan.kinds
    return kinds.count == 1 ? "\(kinds[0].template.method) \(target.path)" : "requests"
  }
}

extension BenchPlan {
  /// Reaches, starts and fills the servers. `note` is told what takes a while.
  func trials(
    note: (String) -> Void, isStopWanted: () -> Bool
  ) throws(CommandError) -> [BenchTrials] {
    switch subject {
    case .requests(let side, let other):
      var settings = load
      settings.target = side.target
      settings.plan = side.plan
      settings.name = side.name
      var trial = BenchTrials.Trial(these: settings)
      trial.notes = strangers(to: side.target)
      if let other {
        settings.target = other.target
        settings.plan = other.plan
        trial.those = settings
      }
      return [BenchTrials(trials: [trial])]
    case .scenarios(let scenarios, let api):
      guard let api else { return try spawned(scenarios, note, isStopWanted) }
      return [try running(scenarios, api, note, isStopWanted)]
    }
  }

  /// Scenarios of a server that runs, or of two.
  private func running(
    _ scenarios: [LynxScenario], _ api: LoadTarget, _ note: (String) -> Void,
    _ isStopWanted: () -> Bool
  ) throws(CommandError) -> BenchTrials {
    let these = try find(api, redirects)
    let those = try against.map { api throws(CommandError) in try find(api, nil) }
    let kinds = scenarios.flatMap { ScenarioTrial.all(of: $0) }
    note("making the links that the scenarios ask for")
    try seed(these, kinds, isStopWanted)
    if let those { try seed(those, kinds, isStopWanted) }
    return BenchTrials(trials: try trials(kinds, these, those))
  }

  /// Scenarios of servers that are started: one for all that need no special cache.
  private func spawned(
    _ scenarios: [LynxScenario], _ note: (String) -> Void, _ isStopWanted: () -> Bool
  ) throws(CommandError) -> [BenchTrials] {
    var all: [BenchTrials] = []
    for entries in [nil, 1] {
      let some = scenarios.filter { $0.cacheEntries == entries }
      if some.isEmpty { continue }
      note("starting a lynx serve")
      let server: SpawnedServer
      do throws(SpawnedServer.Failure) {
        server = try SpawnedServer(
          executable: Machine.ownExecutable, databaseURL: databaseURL, cacheEntries: entries)
      } catch {
        throw CommandError(.unavailable, "\(error)")
      }
      let kinds = some.flatMap { ScenarioTrial.all(of: $0) }
      do throws(CommandError) {
        try seed(server.instance, kinds, isStopWanted)
        var trials = try trials(kinds, server.instance, nil)
        for index in trials.indices {
          trials[index].these.serverProcesses = [server.processID]
        }
        all.append(BenchTrials(trials: trials, server: server))
      } catch {
        for trials in all + [BenchTrials(server: server)] {
          // What became of a server may be why its answers failed.
          if let complaint = trials.server?.stop() { note("note: \(complaint)") }
        }
        throw error
      }
    }
    return all
  }

  private func find(
    _ api: LoadTarget, _ redirects: LoadTarget?
  ) throws(CommandError) -> LynxInstance {
    do throws(LoadError) {
      return try LynxInstance.find(
        api: api.with(path: "/"), redirects: redirects?.with(path: "/"), headers: headers, load)
    } catch {
      throw CommandError(error)
    }
  }

  private func seed(
    _ instance: LynxInstance, _ kinds: [ScenarioTrial], _ isStopWanted: () -> Bool
  ) throws(CommandError) {
    do throws(LoadError) {
      try instance.seed(for: kinds, load, isStopWanted: isStopWanted)
    } catch {
      throw CommandError(error)
    }
  }

  private func trials(
    _ kinds: [ScenarioTrial], _ these: LynxInstance, _ those: LynxInstance?
  ) throws(CommandError) -> [BenchTrials.Trial] {
    var trials: [BenchTrials.Trial] = []
    for kind in kinds {
      let own: LoadSettings
      let other: LoadSettings?
      do throws(LoadError) {
        own = try kind.settings(for: these)
        other = try those.map { those throws(LoadError) in try kind.settings(for: those) }
      } catch {
        throw CommandError(error)
      }
      let strangers = strangers(to: own.target)
      let servers = 1 + own.otherTargets.count
      let most = LoadRun.mostConnections(threads: load.threads, servers: servers)
      var before = 0
      for wanted in connections.map({ [$0] }) ?? kind.scenario.connectionCounts {
        // What was asked for is tried as it is, and refused with a reason.
        let count = connections == nil ? min(wanted, most) : wanted
        if count <= before { continue }
        before = count
        var trial = BenchTrials.Trial(these: settings(own, count))
        trial.those = other.map { settings($0, count) }
        trial.notes = strangers
        if count < wanted {
          trial.notes.append(
            "stopped short of \(wanted) connections: \(Machine.openFileLimit) open files are allowed"
          )
        }
        if kind.scenario == .redirectCold { trial.cache = these }
        trials.append(trial)
      }
    }
    return trials
  }

  /// Tells if the processes of `--pid` are not those that are loaded: their CPU time would pass for the server's.
  private func strangers(to target: LoadTarget) -> [String] {
    let isHere =
      target.unixSocket == nil
      && (["localhost", "::1"].contains(target.host) || target.host.hasPrefix("127."))
    guard isHere, !load.serverProcesses.isEmpty else { return [] }
    let listening = Processes.allListening(onPort: Int(target.port))
    let named = Set(load.serverProcesses.flatMap(Processes.tree))
    // Nobody, if it is another user's.
    guard let first = listening.first, named.isDisjoint(with: listening) else { return [] }
    let names = load.serverProcesses.map(String.init).joined(separator: ", ")
    let other = Processes.name(of: first, thread: first).map { " (\($0))" } ?? ""
    return [
      "--pid \(names) does not listen on port \(target.port), process \(first)\(other) does: "
        + "the server's CPU time is that of another program"
    ]
  }

  /// The scenario's requests, and how they are to be sent.
  private func settings(_ scenario: LoadSettings, _ connections: Int) -> LoadSettings {
    var settings = load
    settings.target = scenario.target
    settings.otherTargets = scenario.otherTargets
    settings.plan = scenario.plan
    settings.name = scenario.name
    settings.connections = connections
    settings.threads = min(load.threads, connections)
    return settings
  }
}

extension CommandError {
  init(_ error: LoadError) {
    let code: ExitCode =
      switch error.kind {
      case .unreachable: .unavailable
      case .setting: .config
      case .system, .stopped: .failed
      }
    self.init(code, error.description)
  }
}
