import ArgumentParser

/// What was typed behind `lynx render`.
struct RenderArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Profiles to read, pprof or folded stacks, gzip or not; - is standard input.",
      valueName: "INPUT"))
  var inputs: [String] = []

  @OptionGroup(title: "Output") var output: RenderOutputOptions
  @OptionGroup(title: "Picture") var picture: PictureOptions
  @OptionGroup(title: "General") var general: GeneralOptions
}

struct RenderOutputOptions: ParsableArguments {
  @Option(
    name: [.customShort("o", allowingJoined: true), .long],
    help: ArgumentHelp(
      "File to write, may be repeated: .svg .folded .txt .pb.gz; - is standard output.",
      valueName: "FILE"),
    completion: .file())
  var output: [String] = []

  @Option(
    help: ArgumentHelp("Format of the outputs, whatever their names are.", valueName: "FORMAT"))
  var format: OutputFormat?

  @Option(
    help: ArgumentHelp("Print the N hottest functions.", valueName: "N"),
    transform: OptionValue.whole(in: 1...1_000_000_000))
  var top: Int?

  @OptionGroup var report: ReportOptions
}
