import Databases
import Diagnosis
import Terminal

/// What `lynx doctor` is to look at: the command line, resolved.
struct DoctorPlan {
  var checks: [Check]
  private let arguments: DoctorArguments
  private let environment: [String: String]?
  var isStrict: Bool
  var fixes: Bool
  var onlyLists: Bool
  var report: ReportDestination?
  var manner: Manner

  init(
    resolving arguments: DoctorArguments, environment: [String: String]? = nil
  ) throws(CommandError) {
    self.arguments = arguments
    self.environment = environment
    try Self.refuseWhatWouldBeIgnored(arguments, by: Set(arguments.purpose.groups))
    if arguments.binary == "" {
      throw CommandError(.usage, "--binary is empty; name a program, for example ./server")
    }
    checks = try Self.checks(arguments, environment)
    isStrict = arguments.strict
    fixes = arguments.fix
    onlyLists = arguments.list
    report = try arguments.report.resolved()
    manner = try arguments.general.resolved()
  }

  /// The same once more, with nothing known yet: what one of them finds out is shared with others.
  func checksAnew() throws(CommandError) -> [Check] { try Self.checks(arguments, environment) }

  private static func checks(
    _ arguments: DoctorArguments, _ environment: [String: String]?
  ) throws(CommandError) -> [Check] {
    let groups = Set(arguments.purpose.groups)
    var subject = Subject(pid: arguments.pid, binary: arguments.binary)
    let (serving, settings) = try Self.serving(arguments, environment, groups, &subject)
    subject.serving = serving
    return
      CheckGroup.allCases.filter(groups.contains).flatMap { group -> [Check] in
        switch group {
        case .profiler: ProfilerChecks.all(subject)
        case .symbols: SymbolChecks.all(subject)
        case .server: settings + ServerChecks.all(subject)
        case .database: DatabaseChecks.all(subject)
        case .noise: NoiseChecks.all(subject)
        }
      }
  }

  /// What `lynx serve` would be started with here; settings it would refuse are a finding, unless they were
  /// typed.
  private static func serving(
    _ arguments: DoctorArguments, _ environment: [String: String]?, _ groups: Set<CheckGroup>,
    _ subject: inout Subject
  ) throws(CommandError) -> (ServingSubject?, [Check]) {
    guard groups.contains(.server) || groups.contains(.database) else { return (nil, []) }
    let serve = try serveArguments(arguments.databaseURL)
    do throws(CommandError) {
      let sources = try ServeSources(serve, environment: environment)
      let values = ServeValues(sources)
      _ = try values.database()
      subject.databaseURL = try sources.find(.databaseURL)?.text ?? "sqlite://./lynx.db"
      guard groups.contains(.server) else { return (nil, []) }
      let plan = try ServePlan(resolving: serve, environment: environment)
      let count = plan.origins.count
      let text = count == 0 ? "all as they are by default" : "\(count) set, all understood"
      return (
        ServingSubject(plan.settings), [settingsCheck(Finding(.ok, text))]
      )
    } catch {
      guard error.code != .usage, groups.contains(.server) else { throw error }
      return (
        nil,
        [
          settingsCheck(
            Finding(.failed, error.message, expected: "what lynx serve can be started with"))
        ]
      )
    }
  }

  private static func settingsCheck(_ finding: Finding) -> Check {
    Check(id: "server.settings", group: .server, title: "settings") { finding }
  }

  private static func serveArguments(_ url: String?) throws(CommandError) -> ServeArguments {
    do {
      return try ServeArguments.parse(url.map { ["--database-url=\($0)"] } ?? [])
    } catch {
      // An empty value, which the parser takes for none.
      throw CommandError(
        .usage, "--database-url is empty; write for example sqlite://./lynx.db")
    }
  }

  /// An option that a purpose has no use for is a misunderstanding.
  private static func refuseWhatWouldBeIgnored(
    _ arguments: DoctorArguments, by groups: Set<CheckGroup>
  ) throws(CommandError) {
    let uses: [(name: String, isGiven: Bool, by: Set<CheckGroup>)] = [
      ("--pid", arguments.pid != nil, [.profiler, .symbols]),
      ("--binary", arguments.binary != nil, [.symbols]),
      ("--database-url", arguments.databaseURL != nil, [.server, .database]),
    ]
    for use in uses where use.isGiven && groups.isDisjoint(with: use.by) {
      throw CommandError(
        .usage,
        "--for \(arguments.purpose.rawValue) has no use for \(use.name); leave one of them out")
    }
    guard arguments.list else { return }
    for (name, isGiven) in [("--fix", arguments.fix), ("--strict", arguments.strict)]
    where isGiven {
      throw CommandError(.usage, "--list tries nothing, so that \(name) has no meaning")
    }
  }
}
