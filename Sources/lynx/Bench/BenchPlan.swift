import FlameGraphs
import LinuxSystem
import LoadResults
import LoadTesting
import Terminal

/// What `lynx bench` is to do, nothing left open.
struct BenchPlan: Sendable {
  /// A server, and what it is asked.
  struct BenchSide: Sendable {
    var target: LoadTarget
    var plan: RequestPlan
  }

  enum Subject: Sendable {
    /// One kind of load, of any server or of two.
    case requests(BenchSide, against: BenchSide?)
    /// Loads of a lynx serve at this API; nil if one is started for the purpose.
    case scenarios([LynxScenario], api: LoadTarget?)
  }

  var subject: Subject
  /// The other server that runs take turns with.
  var against: LoadTarget?
  var redirects: LoadTarget?
  /// For the API in scenarios.
  var headers: [RequestDescription.Header]
  var databaseURL: String?
  /// What all loads have in common; the target is another for each.
  var load: LoadSettings
  /// Whether connections were asked for, or each scenario has its own.
  var connections: Int?
  var runs: Int
  var save: String?
  var saved: (path: String, results: SavedResults)?
  var thresholds: [LoadThreshold]
  var printsPercentiles: Bool
  /// Pictures and recordings of the server under the load; nil if it is not recorded.
  var profile: ProfileOutputs?
  var frequency: Int
  var report: ReportDestination?
  var manner: Manner
}

extension BenchPlan {
  init(resolving arguments: BenchArguments) throws(CommandError) {
    // Before anything else: it may have swallowed what is missed.
    report = try arguments.results.report.resolved()
    try Self.refuseContradictions(arguments)
    let load = arguments.load
    let isScenario = arguments.scenarios.scenarios != nil || arguments.scenarios.spawn
    let target = try Self.optionalTarget(arguments.url, load, "the URL")
    against = try Self.optionalTarget(arguments.results.against, load, "--against")
    headers = try BenchRequests.headers(arguments.requests.headers)
    if isScenario {
      // Where a lynx serve has its API if nobody says otherwise.
      let usual = try Self.target("http://127.0.0.1:8080/", load, "the URL")
      subject = .scenarios(
        arguments.scenarios.scenarios ?? [.redirectHot],
        api: arguments.scenarios.spawn ? nil : target ?? usual)
    } else {
      guard let target else {
        throw CommandError(
          .usage,
          "what is to be loaded? give a URL, or --spawn to start a lynx serve and load that",
          remedy: "lynx bench -t1 -c64 -d10s http://127.0.0.1:3000/\nlynx bench --spawn")
      }
      let requests = BenchRequests(arguments, headers: headers)
      var other: BenchSide?
      if let against { other = BenchSide(target: against, plan: try requests.plan(for: against)) }
      subject = .requests(
        BenchSide(target: target, plan: try requests.plan(for: target)), against: other)
    }
    redirects = try Self.optionalTarget(arguments.scenarios.redirectURL, load, "--redirect-url")
    databaseURL = arguments.scenarios.databaseURL
    connections = load.connections
    runs = arguments.results.runs ?? (against == nil ? 1 : 5)
    self.load = try Self.settings(arguments, runs)
    save = arguments.results.save
    if let path = arguments.results.compare { saved = try Self.read(path) }
    thresholds = []
    for text in arguments.results.threshold {
      do throws(ValueTextError) {
        thresholds += try LoadThreshold.parse(text)
      } catch {
        throw CommandError(.usage, "--threshold \(quoted(text)): \(error.message)")
      }
    }
    printsPercentiles = arguments.results.latency
    frequency = arguments.results.frequency ?? 99
    profile = try arguments.results.profile.map(Self.profileOutputs)
    manner = try arguments.general.resolved()
    if profile != nil { try requireOneRun() }
  }

  /// Before a server is started for them.
  private func requireOneRun() throws(CommandError) {
    guard case .scenarios(let scenarios, _) = subject else { return }
    let count = scenarios.flatMap { ScenarioTrial.all(of: $0) }.reduce(0) {
      $0 + (connections == nil ? $1.scenario.connectionCounts.count : 1)
    }
    if count > 1 {
      throw CommandError(
        .usage,
        "--profile records one run, and \(count) were asked for, one for each scenario and number of connections; "
          + "name one scenario and -c, or use lynx profile --scenario")
    }
  }

  private static func refuseContradictions(_ arguments: BenchArguments) throws(CommandError) {
    let load = arguments.load
    let requests = arguments.requests
    let scenarios = arguments.scenarios
    let isScenario = scenarios.scenarios != nil || scenarios.spawn
    func refuse(_ isWrong: Bool, _ message: String) throws(CommandError) {
      if isWrong { throw CommandError(.usage, message) }
    }
    try refuse(
      load.requests != nil && load.duration != nil,
      "-n and -d exclude each other: a run ends after so many requests, or after a time")
    try refuse(load.requests == 0, "-n needs at least one request")
    try refuse(load.connections == 0, "-c needs at least one connection")
    try refuse(
      load.duration.map { $0 < .milliseconds(1) } ?? false, "-d needs at least a millisecond")
    try refuse(
      load.timeout.map { $0 < .milliseconds(1) } ?? false, "--timeout needs at least a millisecond")
    try refuse(
      scenarios.spawn && arguments.url != nil,
      "--spawn starts the server to load; leave the URL out")
    try refuse(
      scenarios.spawn && arguments.results.against != nil,
      "--against compares two servers that run; --spawn starts one: leave one out")
    try refuse(
      scenarios.spawn && !scenarios.processes.isEmpty,
      "--spawn knows the server's process; leave --pid out")
    try refuse(
      scenarios.databaseURL != nil && !scenarios.spawn,
      "--database-url is for the server that --spawn starts; add --spawn")
    try refuse(
      scenarios.redirectURL != nil && (!isScenario || scenarios.spawn),
      "--redirect-url goes with --scenario and a server that runs")
    let own = [
      requests.method.map { _ in "--method" }, requests.body.map { _ in "--body" },
      requests.file.map { _ in "--requests" }, requests.expect.map { _ in "--expect" },
      load.unixSocket.map { _ in "--unix-socket" },
    ]
    if isScenario, let option = own.compactMap({ $0 }).first {
      throw CommandError(.usage, "a scenario has requests of its own; leave \(option) out")
    }
    try refuse(
      isScenario && load.pipeline ?? 1 > 1 && scenarios.scenarios?.contains(.mixed) ?? false,
      "the scenario mixed has one request under way at a time on two servers; leave --pipeline out")
    try refuse(
      load.noKeepAlive && load.pipeline ?? 1 > 1,
      "--pipeline needs connections that are kept; leave --no-keep-alive out")
    try refuse(
      isScenario && load.noKeepAlive, "a scenario keeps its connections; leave --no-keep-alive out")
    if requests.file != nil {
      let one = [requests.method, requests.body].compactMap { $0 }
      try refuse(
        !one.isEmpty || requests.expect != nil,
        "--requests says method, body and statuses of each request; leave -m, --body and --expect out"
      )
    }
    try refuse(
      arguments.results.profile != nil && scenarios.processes.isEmpty && !scenarios.spawn,
      "--profile records the server: name its process with --pid, or let one be started with --spawn"
    )
    try refuse(
      arguments.results.profile != nil
        && (arguments.results.runs ?? 1 > 1 || arguments.results.against != nil),
      "--profile records one run; leave --runs and --against out")
    try refuse(
      arguments.results.profile != nil && load.requests != nil,
      "--profile records for a time; write -d instead of -n")
    try refuse(
      arguments.results.frequency != nil && arguments.results.profile == nil,
      "-F is how often --profile samples; add --profile FILE.svg")
    for process in scenarios.processes.joined() where !Processes.exists(process) {
      throw CommandError(
        .unavailable,
        "there is no process \(process) whose CPU time could be measured; pgrep -a NAME finds one")
    }
    try refuse(
      load.cacert != nil && load.insecure,
      "--cacert and --insecure exclude each other: a certificate is verified, or it is not")
    // What cannot be read is told before what cannot be understood.
    if let path = load.cacert { _ = try InputFile.read(path, limit: 16 << 20) }
  }

  /// The file that was named, and the recording beside a picture.
  private static func profileOutputs(_ path: String) throws(CommandError) -> ProfileOutputs {
    guard !path.isEmpty else {
      throw CommandError(
        .usage, "--profile needs the name of a file, for example --profile flamegraph.svg")
    }
    var outputs = [try ProfileOutput(path: path)]
    if let first = outputs.first, first.format != .pprof, OutputFile.isFile(path) {
      let beside = first.format.stem(of: path) + OutputFormat.pprof.fileExtension
      outputs.append(ProfileOutput(path: beside, format: .pprof))
    }
    return ProfileOutputs(outputs: outputs, picture: FlameGraphOptions())
  }

  private static func optionalTarget(
    _ url: String?, _ load: LoadOptions, _ what: String
  ) throws(CommandError) -> LoadTarget? {
    guard let url else { return nil }
    return try target(url, load, what)
  }

  private static func target(
    _ url: String, _ load: LoadOptions, _ what: String
  ) throws(CommandError) -> LoadTarget {
    do throws(LoadTarget.ParseError) {
      var target = try LoadTarget(url)
      target.unixSocket = load.unixSocket
      return target
    } catch {
      throw CommandError(.usage, "\(what) \(quoted(url)) cannot be loaded: \(error.message)")
    }
  }

  private static func settings(
    _ arguments: BenchArguments, _ runs: Int
  ) throws(CommandError) -> LoadSettings {
    let load = arguments.load
    let placeholder = try target("http://localhost/", load, "the URL")
    var settings = LoadSettings(target: placeholder, plan: RequestPlan([]), name: "")
    settings.connections = load.connections ?? 10
    settings.threads = min(load.threads ?? 2, max(1, settings.connections))
    settings.requests = load.requests
    settings.duration = load.requests == nil ? load.duration ?? .seconds(10) : nil
    settings.warmup = load.warmup ?? (runs > 1 ? .seconds(1) : .zero)
    settings.rate = load.rate
    settings.pipeline = load.pipeline ?? 1
    settings.timeout = load.timeout ?? .seconds(2)
    settings.certificates = load.cacert
    settings.verifiesServer = !load.insecure
    // Two runs make different UUIDs.
    settings.seed = UInt64.random(in: 0...UInt64.max)
    settings.serverProcesses = arguments.scenarios.processes.flatMap { $0 }
    return settings
  }

  private static func read(
    _ path: String
  ) throws(CommandError) -> (path: String, results: SavedResults) {
    let bytes = try InputFile.read(path, limit: SavedResults.mostCompressedBytes + 1)
    do throws(SavedResultsError) {
      return (path, try SavedResults(reading: bytes))
    } catch {
      throw CommandError(.data, "\(path): \(error.message)")
    }
  }
}
