import FoundationEssentials
import Glibc
import Terminal

/// `lynx --experimental-dump-help | ManualPages DIRECTORY` writes a page for lynx and one for each of its
/// commands. Not a product: `.ci/generate` runs it, nothing installs it.
@main
enum Main {
  static func main() {
    do {
      guard CommandLine.arguments.count == 2 else {
        throw CommandError(
          .usage, "name a directory: lynx --experimental-dump-help | ManualPages Docs/man")
      }
      try write(to: CommandLine.arguments[1])
    } catch let error as CommandError {
      fail(error)
    } catch {
      fail(CommandError(.data, "standard input is no description of a command line: \(error)"))
    }
  }

  private static func write(to directory: String) throws {
    let tree = try JSONDecoder().decode(
      CommandTree.self, from: Data(try InputFile.read("-")))
    guard tree.serializationVersion == 0 else {
      throw CommandError(
        .data, "the description has format \(tree.serializationVersion), which is not known here")
    }
    // What ArgumentParser adds by itself needs no page.
    let commands = (tree.command.subcommands ?? []).filter {
      $0.shouldDisplay && $0.commandName != "help"
    }
    let pages = ([tree.command] + commands).map(\.page)
    for command in [tree.command] + commands {
      let page = ManualPage(command: command, pages: pages, notes: ManualNotes())
      try OutputFile.write(Array(page.text.utf8), to: "\(directory)/\(page.fileName)")
    }
  }

  private static func fail(_ error: CommandError) -> Never {
    // If standard error cannot be written, the exit code still tells.
    try? StandardStream.error.write("ManualPages: \(error.message)\n")
    exit(error.code.rawValue)
  }
}
