import ArgumentParser
import Glibc
import Terminal

/// From the arguments of the process to its exit code.
@main
enum Main {
  static func main() {
    ProcessSetup.perform()
    exit(run(CommandLine.arguments))
  }

  /// Runs one command line, the program's name first, and returns the exit code.
  private static func run(_ commandLine: [String]) -> Int32 {
    var arguments: [String] = Array(commandLine.dropFirst())
    do {
      arguments = try Invocation.arguments(of: commandLine)
      guard !arguments.isEmpty else {
        // If standard error cannot be written, the exit code still tells.
        try? StandardStream.error.write(Lynx.helpMessage(columns: HelpWidth.columns) + "\n")
        return ExitCode.usage.rawValue
      }
      if let script = CompletionScript(requestedBy: arguments) {
        try StandardStream.output.write(script.text)
        return ExitCode.done.rawValue
      }
      var command = try Lynx.parseAsRoot(Invocation.spelledForParser(arguments))
      try command.run()
      return ExitCode.done.rawValue
    } catch let end as CommandEnded {
      return end.status
    } catch let stop as CommandStopped {
      _ = FailureReport(stop.error, arguments: arguments).print()
      return end(by: stop.signal)
    } catch {
      return FailureReport(error, arguments: arguments).print()
    }
  }
}

/// Ends this process as a signal does that nobody caught; should that fail, with a shell's code for it.
private func end(by number: Int32) -> Int32 {
  var signals = sigset_t()
  sigemptyset(&signals)
  sigaddset(&signals, number)
  signal(number, SIG_DFL)
  // Whoever started this may have blocked it.
  pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  raise(number)
  return 128 + number
}

/// Thrown to end with an exit code and without a word, as when the code of a profiled command is
/// passed on.
struct CommandEnded: Error {
  var status: Int32
}
