import ArgumentParser
import Terminal

/// `lynx doctor`: tries what the other commands need, and says what mends the rest.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "See what stands in the way of profiling, serving and measuring, and what mends it.",
    usage: "lynx doctor [options]",
    discussion: """
      Examples:
        lynx doctor                           everything that can be looked at
        lynx doctor --for profile --pid 1234  may this process be profiled, and
                                              what will be seen of it?
        lynx doctor --for profile --binary ./server
        lynx doctor --for bench               what makes measurements differ here
        lynx doctor --for database --database-url postgresql://lynx@db/lynx
        lynx doctor --json | jq '.checks[] | select(.status == "failed")'
        lynx doctor --list                    what is looked at, without doing it

      Each check does the thing and tells what came of it: [✓] works, [!] works,
      but not as well as it could, [✗] does not work. What is not configured, or
      not of this machine, is left out and counted; -v shows it. Below what is
      not right stands the line that mends it; a line that changes nothing but
      what is yours is run by --fix.

      What it is for:
      \(DoctorPurpose.allCases.map { "  \($0.padded)  \($0.meaning)" }.joined(separator: "\n"))

      Exit codes: 0 nothing failed; 1 a check failed, or with --strict is not as
      well as it could be; 64 usage; 73 cannot write; 78 bad setting.
      """)

  @OptionGroup var arguments: DoctorArguments

  func run() throws {
    try DoctorRun(plan: try DoctorPlan(resolving: arguments)).perform()
  }
}
