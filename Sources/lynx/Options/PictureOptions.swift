import ArgumentParser
import FlameGraphs
import Terminal

/// How a picture looks. The same options on the same profile give the same bytes.
struct PictureOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Title above the picture.", valueName: "TEXT"))
  var title = "Flame Graph"

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

  @Option(help: ArgumentHelp("Colours of the frames.", valueName: "NAME"))
  var palette = FlameGraphOptions.Palette.language

  @Option(
    help: ArgumentHelp("Begin with what matches REGEX marked.", valueName: "REGEX"),
    transform: OptionValue.regularExpression)
  var search: String?

  func resolved() -> FlameGraphOptions {
    FlameGraphOptions(
      title: title, subtitle: subtitle, width: width, inverted: inverted, reverse: reverse,
      minWidth: minWidth, palette: palette, search: search)
  }
}
