import ArgumentParser
import LoadTesting
import Terminal

/// `lynx bench`: loads HTTP servers.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Load an HTTP server and say how fast it answers.",
    usage: "lynx bench [URL] [options]",
    discussion: """
      Examples:
        lynx bench -t2 -c64 -d30s http://127.0.0.1:3000/fox    as wrk does
        lynx bench -c64 -R 20k URL            at a rate, whatever the answers do
        lynx bench --against http://127.0.0.1:8081/ http://127.0.0.1:8080/
                                              two servers in turn, five runs each
        lynx bench --save a.json.gz URL       keep it, and after a change:
        lynx bench --runs 5 --compare a.json.gz URL
        lynx bench --spawn --scenario all     Lynx itself, on free ports
        lynx bench --threshold 'p99<5ms,errors<1' URL          exit 99 if missed
        lynx bench -m POST -H 'Content-Type: application/json' \\
                   --body '{"url":"https://example.com/{{counter}}"}' URL

      Paths, header values and bodies may have placeholders: {{counter}},
      {{random}}, {{random 1 100}}, {{uuid}}, {{line:FILE}}.
      Scenarios make links bench-1, bench-2 and so on at the server's API; they
      stay, as all links do.

      Exit codes: 0 measured, also if Ctrl-C ended it; 1 nothing was answered;
      64 usage; 65 a file is not understood; 66 a file is missing; 69 nobody
      answers at the URL; 73 cannot write; 78 more connections than open files
      are allowed; 99 a threshold was missed.
      """)

  @OptionGroup var arguments: BenchArguments

  func run() throws {
    try BenchRun(plan: try BenchPlan(resolving: arguments)).perform()
  }
}
