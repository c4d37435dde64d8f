import ArgumentParser
import LoadTesting

/// What was typed behind `lynx profile`.
struct ProfileArguments: ParsableArguments {
  @OptionGroup(title: "Target, one of") var target: TargetOptions
  @OptionGroup(title: "Sampling") var sampling: SamplingOptions
  @OptionGroup(title: "Stacks") var stacks: StackOptions
  @OptionGroup(title: "Output") var output: ProfileOutputOptions
  @OptionGroup(title: "Picture") var picture: PictureOptions
  @OptionGroup(title: "General") var general: GeneralOptions
}

struct TargetOptions: ParsableArguments {
  @Option(
    name: [.customShort("p", allowingJoined: true), .customLong("pid")],
    help: ArgumentHelp(
      "Running processes: all their threads, and what they start.", valueName: "PID[,PID...]"),
    completion: ValueCompletion.servers,
    transform: OptionValue.identifiers)
  var processes: [[Int32]] = []

  @Option(
    name: .customLong("tid"),
    help: ArgumentHelp("Single threads.", valueName: "TID[,TID...]"),
    transform: OptionValue.identifiers)
  var threads: [[Int32]] = []

  @Option(
    name: .customLong("scenario"),
    help: ArgumentHelp(
      "A lynx serve, started and loaded for the purpose: "
        + "\(LynxScenario.allCases.map(\.rawValue).joined(separator: ", ")), or all.",
      valueName: "NAME[,NAME...]"),
    completion: ValueCompletion.scenarios,
    transform: OptionValue.scenarios)
  var scenarios: [LynxScenario]?

  @Option(
    name: .customLong("database-url"),
    help: ArgumentHelp(
      "Database of the server that is started for a scenario. Its links stay there. (default: a temporary SQLite file)",
      valueName: "URL"))
  var databaseURL: String?

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp(
      "Behind --: start it and profile it and its children until it ends.",
      valueName: "COMMAND ARG..."))
  var command: [String] = []
}

struct SamplingOptions: ParsableArguments {
  @Option(
    name: [.customShort("F", allowingJoined: true), .customLong("freq")],
    help: ArgumentHelp("Samples a second of CPU time. (default: 99)", valueName: "HZ"),
    transform: OptionValue.count)
  var frequency = 99

  @Option(
    name: [.customShort("d", allowingJoined: true), .long],
    help: ArgumentHelp(
      "How long: 500ms, 30s, 1h30m, or seconds; until Ctrl-C or the end if left out.",
      valueName: "TIME"),
    transform: OptionValue.duration)
  var duration: Duration?

  @Option(
    help: ArgumentHelp("Wait so long before the first sample.", valueName: "TIME"),
    transform: OptionValue.duration)
  var delay: Duration?

  @Option(help: ArgumentHelp("Also what the kernel does.", valueName: "WHEN"))
  var kernel = KernelFrames.auto
}

struct StackOptions: ParsableArguments {
  @Option(
    name: .customLong("call-graph"),
    help: ArgumentHelp(
      "How callers are found: by unwind tables, by frame pointers, or what fits.",
      valueName: "HOW"))
  var callGraph = CallGraph.auto

  @Option(
    name: .customLong("stack-size"),
    help: ArgumentHelp(
      "How much of the stack each sample keeps for unwind tables. (default: 16k)",
      valueName: "SIZE"),
    transform: OptionValue.size)
  var stackSize: Int?

  @Flag(name: .customLong("no-inline"), help: "Leave out functions inlined into others.")
  var noInline = false

  @Flag(name: .customLong("no-demangle"), help: "Leave symbols as the compiler wrote them.")
  var noDemangle = false
}

struct ProfileOutputOptions: ParsableArguments {
  @Option(
    name: [.customShort("o", allowingJoined: true), .long],
    help: ArgumentHelp(
      "File to write, may be repeated: .svg .folded .txt .pb.gz. (default: flamegraph.svg) "
        + "With several scenarios a directory.",
      valueName: "FILE"),
    completion: ValueCompletion.profileOutputs)
  var output: [String] = []

  @Option(
    help: ArgumentHelp(
      "The recording for lynx render and other pprof tools. "
        + "(default: beside the first output, as NAME.pb.gz)",
      valueName: "FILE"),
    completion: ValueCompletion.artifacts)
  var artifact: String?

  @Flag(name: .customLong("no-artifact"), help: "Do not keep the recording.")
  var noArtifact = false

  @Option(
    help: ArgumentHelp(
      "Instead of -o: name all by time, commit and scenario in DIR, and compare with the run "
        + "before.",
      valueName: "DIR"),
    completion: .directory)
  var history: String?

  @OptionGroup var report: ReportOptions
}

/// How callers are found.
enum CallGraph: String, Sendable, CaseIterable, ExpressibleByArgument {
  /// By unwind tables, and by frame pointers where there are none.
  case auto
  case dwarf
  /// Frame pointers.
  case fp
}

/// Whether the kernel's functions are part of the stacks.
enum KernelFrames: String, Sendable, CaseIterable, ExpressibleByArgument {
  /// If this user may see them.
  case auto
  case yes
  case no
}
