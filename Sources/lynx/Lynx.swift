import ArgumentParser
import Terminal

/// ArgumentParser has an exit code of its own; this is the one meant in these files.
typealias ExitCode = Terminal.ExitCode

/// The root of the command tree.
struct Lynx: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lynx",
    abstract: "Shorten URLs, and see where the CPU goes, of any process.",
    discussion: """
      Examples:
        lynx serve                                redirects on :3000, an API on :8080
        lynx bench -c64 http://127.0.0.1:3000/x   load any HTTP server
        lynx profile -- make -j8                  draw flamegraph.svg of a command
        lynx profile -p 1234 -d 30s -o out.svg    of a process, for 30 seconds
        lynx render flamegraph.pb.gz --top 20     the hottest functions, as text
        lynx migrate up                           create or update the database
        lynx doctor                               what stands in the way here
      """,
    version: version,
    subcommands: [
      ServeCommand.self, BenchCommand.self, ProfileCommand.self, RenderCommand.self,
      MigrateCommand.self, DoctorCommand.self,
    ])

  /// The names of all subcommands, in the order help shows them.
  static var subcommandNames: [String] {
    configuration.subcommands.map { $0._commandName }
  }

  /// Of the program, without its commit.
  static let number = "0.1.0"

  static var version: String {
    "lynx \(number) (commit \(shortened(commit: builtCommit)))"
  }

  /// Twelve digits of a hash find its commit; what follows the hash is kept.
  private static func shortened(commit: String) -> String {
    guard let dash = commit.firstIndex(of: "-") else { return String(commit.prefix(12)) }
    return String(commit[..<dash].prefix(12) + commit[dash...])
  }

  func run() throws {
    throw CommandError(
      .usage, "which command? there are \(Self.subcommandNames.joined(separator: ", "))")
  }
}
