import Experiments
import LinuxSystem
import LoadTesting
import Profiles

/// What a recording is of, as a history names it. Made before the recording, since processes end.
struct HistorySubject {
  /// For ``RunName/label(for:)``.
  var name: String
  /// Whether it is the program that records.
  var isThisLynx: Bool
  /// Links resolved; nil if it is not known.
  var executable: String?

  /// A lynx serve, started for a scenario; where it has its links is another workload.
  init(scenario trial: ScenarioTrial, databaseURL: String?) {
    let isPostgres = databaseURL?.hasPrefix("postgres") ?? false
    name = trial.name + (isPostgres ? "-postgresql" : "")
    isThisLynx = true
  }

  init(_ target: ProfilePlan.Target) {
    switch target {
    case .processes(let processes):
      let servers = Set(ServerAnnouncement.running().map(\.pid))
      self.init(processes) { servers.contains($0) ? "serve" : Self.programName($0) }
    case .threads(let threads):
      self.init(threads) { thread in
        let own = Processes.name(of: thread, thread: thread) ?? "\(thread)"
        return "\(Self.programName(thread))-\(own)"
      }
    case .command(let command):
      let typed = command.first ?? ""
      let program = Processes.program(named: typed)
      let path = program.flatMap { Processes.resolved(path: $0.path) }
      self.init(
        name: Self.lastComponent(typed), isThisLynx: path == Machine.ownExecutable,
        executable: path)
    case .scenarios, .server:
      // Resolved to processes or scenarios before.
      self.init(name: "serve", isThisLynx: true, executable: nil)
    }
  }

  private init(name: String, isThisLynx: Bool, executable: String?) {
    self.name = name
    self.isThisLynx = isThisLynx
    self.executable = executable
  }

  private init(_ ids: [Int32], _ nameOf: (Int32) -> String) {
    var seen: Set<String> = []
    name = ids.map(nameOf).filter { seen.insert($0).inserted }.joined(separator: "+")
    executable = ids.first.flatMap(Processes.executable)
    isThisLynx = !ids.isEmpty && ids.allSatisfy(Processes.runsOwnExecutable)
  }

  /// What to call a process: its program's file, or for one of the kernel what that calls it.
  private static func programName(_ process: Int32) -> String {
    if let path = Processes.executable(of: process) { return lastComponent(path) }
    return Processes.name(of: process, thread: process) ?? "\(process)"
  }

  private static func lastComponent(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The commit this program was built from if it is what was recorded, else the build-id of the
  /// executable, as far as it was seen to run.
  func commit(in profile: Profile) -> String {
    if isThisLynx { return RunName.commit(builtCommit) }
    let module = profile.mappings.first { $0.fileName == executable && !$0.buildID.isEmpty }
    return RunName.commit(module?.buildID ?? "unknown")
  }
}
