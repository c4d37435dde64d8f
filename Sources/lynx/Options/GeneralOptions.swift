import ArgumentParser
import Terminal

/// What every command takes.
struct GeneralOptions: ParsableArguments {
  @Flag(name: [.short, .long], help: "Print errors only.")
  var quiet = false

  @Flag(name: [.short, .long], help: "Say more about what is done.")
  var verbose = false

  @Option(help: ArgumentHelp("Colour the text.", valueName: "WHEN"))
  var color = ColorMode.auto

  func resolved() throws(CommandError) -> Manner {
    if quiet, verbose {
      throw CommandError(.usage, "--quiet and --verbose exclude each other; leave one out")
    }
    return Manner(isQuiet: quiet, isVerbose: verbose, color: color)
  }
}

/// How a command talks.
struct Manner: Sendable, Equatable {
  var isQuiet = false
  var isVerbose = false
  var color = ColorMode.auto
}
