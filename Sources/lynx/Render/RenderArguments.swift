import ArgumentParser
import Terminal

/// What was typed behind `lynx render`.
struct RenderArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Profiles to read, pprof or folded stacks, gzip or not; - is standard input.",
      valueName: "INPUT"),
    completion: ValueCompletion.recordings)
  var inputs: [String] = []

  @OptionGroup(title: "Output") var output: RenderOutputOptions
  @OptionGroup(title: "Comparison") var comparison: ComparisonOptions
  @OptionGroup(title: "Picture") var picture: PictureOptions
  @OptionGroup(title: "General") var general: GeneralOptions
}

struct RenderOutputOptions: ParsableArguments {
  @Option(
    name: [.customShort("o", allowingJoined: true), .long],
    help: ArgumentHelp(
      "File to write, may be repeated: .svg .folded .txt .pb.gz; - is standard output.",
      valueName: "FILE"),
    completion: ValueCompletion.profileOutputs)
  var output: [String] = []

  @Option(
    help: ArgumentHelp("Format of the outputs, whatever their names are.", valueName: "FORMAT"))
  var format: OutputFormat?

  @Option(
    help: ArgumentHelp(
      "Print the N hottest functions; with --diff, those that changed most.", valueName: "N"),
    transform: OptionValue.whole(in: 1...1_000_000_000))
  var top: Int?

  @OptionGroup var report: ReportOptions
}

struct ComparisonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Show what changed from BASE, a profile, to INPUT; - is standard input. Without an output the functions "
        + "that changed most are printed.",
      valueName: "BASE"),
    completion: ValueCompletion.recordings)
  var diff: String?

  @Flag(help: "Compare shares: scale BASE so that both have the same total.")
  var normalize = false

  @Flag(help: "Show what changed from INPUT to BASE; widths stay those of INPUT.")
  var negate = false

  func resolved() throws(CommandError) -> RenderPlan.Comparison? {
    guard let diff else {
      for (isGiven, name) in [(normalize, "--normalize"), (negate, "--negate")] where isGiven {
        throw CommandError(
          .usage, "\(name) is about two profiles; name the other one with --diff BASE")
      }
      return nil
    }
    return .init(base: diff, isNormalized: normalize, isNegated: negate)
  }
}
