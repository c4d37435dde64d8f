import ArgumentParser
import Terminal

/// `lynx profile`: records where processes spend their time.
struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Record where the CPU goes and draw a flame graph of it.",
    usage: "lynx profile [options] [-p PID | --tid TID | -- COMMAND ARG...]",
    discussion: """
      Examples:
        lynx profile -F 99 -o out.svg             the lynx serve that runs; if none
                                                  does, one is started and loaded
        lynx profile --scenario all -o profiles/  a picture of each of its workloads
        lynx profile --scenario all --history profiles/
                                                  and what changed since last time
        lynx profile -- make -j8                  a command and its children
        lynx profile -p 1234 -d 30s               a running process, for 30 seconds
        lynx profile -p 1234                      until Ctrl-C
        lynx profile -p 1234 -o a.svg -o a.txt    in several formats
        lynx profile -F 999 --tid 1240 -d 5s      one thread, ten times as often

      Draws flamegraph.svg and keeps the recording beside it in flamegraph.pb.gz.
      """)

  @OptionGroup var arguments: ProfileArguments

  func run() throws {
    try runProfile(ProfilePlan(resolving: arguments))
  }
}
