import Databases
import LoadTesting
import Terminal

extension ProfilePlan {
  /// The plan for what was typed. Reads nothing but `arguments` and what kind of file an output
  /// is.
  init(resolving arguments: ProfileArguments) throws(CommandError) {
    target = try Self.target(arguments.target)
    frequencyHertz = try Self.frequency(arguments.sampling.frequency)
    duration = arguments.sampling.duration
    delay = arguments.sampling.delay ?? .zero
    if duration == .zero {
      throw CommandError(.usage, "--duration 0 records nothing; write for example -d 30s")
    }
    callGraph = arguments.stacks.callGraph
    stackBytes = try Self.stackBytes(arguments.stacks.stackSize)
    kernel = arguments.sampling.kernel
    withInlineFrames = !arguments.stacks.noInline
    demangles = !arguments.stacks.noDemangle
    databaseURL = arguments.target.databaseURL
    history = try Self.history(arguments.output)
    directory = history == nil ? try Self.directory(target, arguments.output) : nil
    outputs = ProfileOutputs(
      outputs: directory == nil && history == nil ? try Self.outputs(arguments.output) : [],
      picture: arguments.picture.resolved())
    try Self.requireReadable(databaseURL)
    if databaseURL != nil, !target.mayStartServer {
      throw CommandError(
        .usage, "--database-url is for the server that a scenario starts; add --scenario")
    }
    if target.mayStartServer, arguments.sampling.delay != nil {
      throw CommandError(
        .usage, "a scenario begins to record when the load goes steadily; leave --delay out")
    }
    report = try arguments.output.report.resolved()
    manner = try arguments.general.resolved()
    try requireDistinct(outputs.outputs.map(\.path) + (report.map { [$0.path] } ?? []))
  }

  private static func target(_ options: TargetOptions) throws(CommandError) -> Target {
    var targets: [(option: String, target: Target)] = []
    if !options.processes.isEmpty {
      targets.append(("-p", .processes(distinct(options.processes))))
    }
    if !options.threads.isEmpty {
      targets.append(("--tid", .threads(distinct(options.threads))))
    }
    if !options.command.isEmpty {
      targets.append(("-- COMMAND", .command(options.command)))
    }
    if let scenarios = options.scenarios { targets.append(("--scenario", .scenarios(scenarios))) }
    guard let first = targets.first else { return .server }
    guard targets.count == 1 else {
      throw CommandError(
        .usage,
        "\(targets.map(\.option).joined(separator: " and ")) exclude each other; "
          + "choose one kind of target")
    }
    return first.target
  }

  /// Before a server is started that would refuse it.
  private static func requireReadable(_ url: String?) throws(CommandError) {
    guard let url else { return }
    do throws(DatabaseError) {
      _ = try DatabaseURL(url)
    } catch {
      throw CommandError(.usage, "--database-url: \(error.message)")
    }
  }

  private static func distinct(_ lists: [[Int32]]) -> [Int32] {
    Set(lists.joined()).sorted()
  }

  /// The directory of a history without slashes at its end; nil if none is kept.
  private static func history(
    _ options: ProfileOutputOptions
  ) throws(CommandError) -> String? {
    guard let path = options.history else { return nil }
    guard !path.isEmpty, path != "-" else {
      throw CommandError(.usage, "--history needs a directory, for example --history profiles/")
    }
    let others = [
      ("-o", !options.output.isEmpty), ("--artifact", options.artifact != nil),
      ("--no-artifact", options.noArtifact),
    ]
    if let other = others.first(where: { $0.1 }) {
      throw CommandError(
        .usage,
        "--history names all files itself, and --history and \(other.0) exclude each other; leave "
          + "one out")
    }
    return withoutSlashes(path)
  }

  private static func withoutSlashes(_ path: String) -> String {
    let text = String(path.reversed().drop { $0 == "/" }.reversed())
    return text.isEmpty ? "/" : text
  }

  /// The directory that several scenarios write into; nil if files are named.
  private static func directory(
    _ target: Target, _ options: ProfileOutputOptions
  ) throws(CommandError) -> String? {
    guard case .scenarios(let scenarios) = target else { return nil }
    let trials = scenarios.flatMap { ScenarioTrial.all(of: $0) }
    let paths = options.output
    guard !paths.contains("-") else {
      throw CommandError(
        .usage,
        "a scenario leaves several files, and standard output is one; name a directory, for example "
          + "-o profiles/, or a picture, for example -o out.svg")
    }
    let isDirectory =
      paths.count == 1 && (paths[0].hasSuffix("/") || OutputFormat(path: paths[0]) == nil)
    if trials.count == 1, !isDirectory { return nil }
    guard paths.isEmpty || isDirectory, options.artifact == nil, !options.noArtifact else {
      throw CommandError(
        .usage,
        "several scenarios leave several files each: name one directory, for example -o profiles/, "
          + "and leave --artifact out")
    }
    return withoutSlashes(paths.first ?? "lynx-profiles/")
  }

  private static func frequency(_ hertz: Int) throws(CommandError) -> Int {
    guard (1...1_000_000).contains(hertz) else {
      throw CommandError(
        .usage, "a frequency of \(hertz) Hz cannot be sampled; write -F 1 to -F 1M, 99 is usual")
    }
    return hertz
  }

  private static func stackBytes(_ size: Int?) throws(CommandError) -> Int {
    let size = size ?? 16 << 10
    guard (1024...65528).contains(size), size.isMultiple(of: 8) else {
      throw CommandError(
        .usage,
        "--stack-size \(SizeText.format(size)) is not possible: the kernel copies 1k to 65528 "
          + "bytes in steps of 8; write for example 16k, or 65528 for the most")
    }
    return size
  }

  private static func outputs(
    _ options: ProfileOutputOptions
  ) throws(CommandError) -> [ProfileOutput] {
    var outputs: [ProfileOutput] = []
    for path in options.output.isEmpty ? ["flamegraph.svg"] : options.output {
      if path == "-" {
        throw CommandError(
          .usage, "-o - does not say what to write; to pipe a recording on, use --artifact -",
          remedy: "lynx profile -p PID --artifact - | lynx render - --format svg >out.svg")
      }
      outputs.append(try ProfileOutput(path: path))
    }
    if let artifact = options.artifact {
      if options.noArtifact {
        throw CommandError(
          .usage, "--artifact and --no-artifact exclude each other; leave one out")
      }
      guard !artifact.isEmpty else {
        throw CommandError(.usage, "--artifact needs the name of a file, for example run.pb.gz")
      }
      if let other = OutputFormat(path: artifact), other != .pprof {
        throw CommandError(
          .usage,
          "--artifact \(quoted(artifact)) would hold a recording under the name of a "
            + "\(other.fileExtension) file; end it in .pb.gz, or write -o \(printable(artifact))")
      }
      // Whoever pipes the recording on does not want a picture nobody named.
      if options.output.isEmpty, !OutputFile.isFile(artifact) { outputs = [] }
      outputs.append(ProfileOutput(path: artifact, format: .pprof))
    } else if !options.noArtifact, let beside = defaultArtifact(beside: outputs) {
      outputs.append(beside)
    }
    return outputs
  }

  /// The artifact nobody named; nil if one of the outputs is one, or if the first is no file that
  /// something can be beside.
  private static func defaultArtifact(beside outputs: [ProfileOutput]) -> ProfileOutput? {
    guard let first = outputs.first, !outputs.contains(where: { $0.format == .pprof }),
      OutputFile.isFile(first.path)
    else { return nil }
    let path = first.format.stem(of: first.path) + OutputFormat.pprof.fileExtension
    return ProfileOutput(path: path, format: .pprof)
  }
}

extension ProfilePlan.Target {
  /// Whether a lynx serve may be started for it.
  var mayStartServer: Bool {
    switch self {
    case .scenarios, .server: true
    default: false
    }
  }
}
