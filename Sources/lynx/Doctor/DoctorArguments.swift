import ArgumentParser
import Diagnosis
import Terminal

/// The command line of `lynx doctor`, as typed.
struct DoctorArguments: ParsableArguments {
  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("What it is for, as listed above.", valueName: "PURPOSE"))
  var purpose = DoctorPurpose.all

  @Option(
    name: [.customShort("p"), .customLong("pid")],
    help: ArgumentHelp("The process that is to be profiled.", valueName: "PID"),
    completion: ValueCompletion.server,
    transform: DoctorArguments.process)
  var pid: Int32?

  @Option(
    help: ArgumentHelp("The program that is to be profiled.", valueName: "PATH"),
    completion: .file())
  var binary: String?

  @Option(
    name: .customLong("database-url"),
    help: ArgumentHelp(
      "The database; else the environment's DATABASE_URL, else sqlite://./lynx.db.",
      valueName: "URL"))
  var databaseURL: String?

  @Flag(help: "End with 1 also if something is not as well as it could be.")
  var strict = false

  @Flag(help: "Run the lines that change only what is yours, and look again.")
  var fix = false

  @Flag(help: "Print what would be looked at instead of doing it.")
  var list = false

  @OptionGroup var report: ReportOptions
  @OptionGroup var general: GeneralOptions

  @Sendable private static func process(_ text: String) throws -> Int32 {
    let numbers = try OptionValue.identifiers(text)
    guard numbers.count == 1, let number = numbers.first else {
      throw ValueTextError("write one process number, for example 1234")
    }
    return number
  }
}

/// What somebody wants to do with this machine.
enum DoctorPurpose: String, CaseIterable, ExpressibleByArgument {
  case profile, serve, bench, database, all

  var groups: [CheckGroup] {
    switch self {
    case .profile: [.profiler, .symbols]
    case .serve: [.server, .database]
    case .bench: [.noise]
    case .database: [.database]
    case .all: CheckGroup.allCases
    }
  }

  var padded: String { rawValue + String(repeating: " ", count: max(0, 10 - rawValue.count)) }

  var meaning: String { groups.map { $0.title.lowercased() }.joined(separator: ", ") }
}
