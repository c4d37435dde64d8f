import ArgumentParser
import Terminal

/// The command line of `lynx migrate`, as typed.
struct MigrateArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp("What to do, as listed above; status if left out.", valueName: "action"),
    completion: ValueCompletion.migrateAction)
  var words: [String] = []

  @Option(
    name: .customLong("database-url"),
    help: ArgumentHelp(
      "The database; else the environment's DATABASE_URL, else sqlite://./lynx.db.",
      valueName: "URL"))
  var databaseURL: String?

  @Option(
    help: ArgumentHelp("Migrations of another project than Lynx.", valueName: "DIR"),
    completion: .directory)
  var dir: String?

  @Option(help: ArgumentHelp("Up to this version, or down to it.", valueName: "VERSION"))
  var to: String?

  @Option(
    help: ArgumentHelp("At most so many migrations.", valueName: "N"),
    transform: OptionValue.whole(in: 1...1_000_000))
  var steps: Int?

  @Flag(help: "Print what would be done instead of doing it.")
  var dryRun = false

  @Option(
    help: ArgumentHelp("Wait so long for other runners and locks (10s).", valueName: "D"),
    transform: OptionValue.duration)
  var lockTimeout: Duration?

  @Option(
    help: ArgumentHelp("Wait so long for the database to answer first.", valueName: "D"),
    transform: OptionValue.duration)
  var wait: Duration?

  @Flag(help: "Apply also what is older than the newest applied.")
  var outOfOrder = false

  @Flag(help: "Do not ask.")
  var yes = false

  @OptionGroup var report: ReportOptions
  @OptionGroup var general: GeneralOptions
}
