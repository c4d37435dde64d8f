import ArgumentParser
import FlameGraphs
import Terminal

/// How a picture looks. The same options on the same profile give the same bytes.
struct PictureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Title above the picture (default: Flame Graph).", valueName: "TEXT"))
  var title: String?

  @Option(help: ArgumentHelp("Smaller line below the title.", valueName: "TEXT"))
  var subtitle: String?

  @Option(
    help: ArgumentHelp("Width in pixels; as wide as the window if left out.", valueName: "PIXELS"),
    transform: OptionValue.whole(in: 200...100_000))
  var width: Int?

  @Flag(help: "Let the stacks hang from the top.")
  var inverted = false

  @Flag(help: "Merge stacks from the leaf on, to see who calls a hot function.")
  var reverse = false

  @Option(
    name: .customLong("min-width"),
    help: ArgumentHelp("Leave out frames narrower than this.", valueName: "PIXELS"),
    transform: OptionValue.width)
  var minWidth = 0.1

  @Option(help: ArgumentHelp("Colours of the frames (default: language).", valueName: "NAME"))
  var palette: FlameGraphOptions.Palette?

  @Option(
    help: ArgumentHelp("Begin with what matches REGEX marked.", valueName: "REGEX"),
    transform: OptionValue.regularExpression)
  var search: String?

  func resolved() -> FlameGraphOptions {
    FlameGraphOptions(
      title: title ?? "Flame Graph", subtitle: subtitle, width: width, inverted: inverted,
      reverse: reverse,
      minWidth: minWidth, palette: palette ?? .language, search: search)
  }

  /// How a picture of two profiles looks.
  func resolvedForComparison() throws(CommandError) -> FlameGraphOptions {
    guard palette == nil else {
      throw CommandError(
        .usage, "with --diff the colours say what changed; leave out --palette")
    }
    var options = resolved()
    if title == nil { options.title = "Differential Flame Graph" }
    return options
  }
}
