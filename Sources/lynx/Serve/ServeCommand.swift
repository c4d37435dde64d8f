import ArgumentParser
import Terminal

/// `lynx serve`: the service.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Shorten URLs: redirects on one port, an API on another.",
    usage: "lynx serve [options]",
    discussion: """
      Examples:
        lynx serve                            links in ./lynx.db, redirects on
                                              127.0.0.1:3000, API on :8080
        curl -d '{"url":"https://example.com/"}' \\
             -H 'Content-Type: application/json' localhost:8080/api/urls
        lynx serve --database-url postgresql://lynx@db/lynx
        lynx serve --redirect-host 0.0.0.0,:: --auth api-key
        lynx serve --config /etc/lynx.conf    settings as NAME=VALUE

      An option beats the environment, which beats the file:
      \(ServeSetting.allCases.map { "  \($0.option.padded(25))\($0.rawValue)" }
        .joined(separator: "\n"))

      An empty database gets its schema; one that is older, or holds what is not
      Lynx's, is left alone: lynx migrate up. SIGTERM and Ctrl-C stop it in order:
      what is under way is finished, the database gets all clicks.

      Exit codes: 0 stopped; 64 usage; 65 the database is none; 66 the file of
      --config is missing; 69 the database cannot be reached; 73 a directory or
      file cannot be made; 75 an address or the database is in use; 77 not
      permitted; 78 a setting cannot be used, or the schema is another.
      """)

  @OptionGroup var arguments: ServeArguments

  func run() throws {
    try ServeRun(plan: try ServePlan(resolving: arguments)).perform()
  }
}

extension String {
  fileprivate func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
  }
}
