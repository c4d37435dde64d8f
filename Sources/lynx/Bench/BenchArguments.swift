import ArgumentParser
import LoadTesting
import Terminal

/// What was typed behind `lynx bench`.
struct BenchArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "What to load: http://HOST[:PORT]/PATH or https://…; with --scenario the API of a lynx serve.",
      valueName: "URL"))
  var url: String?

  @OptionGroup(title: "Load") var load: LoadOptions
  @OptionGroup(title: "Requests") var requests: RequestOptions
  @OptionGroup(title: "Lynx's own workloads") var scenarios: ScenarioOptions
  @OptionGroup(title: "Runs and results") var results: BenchResultOptions
  @OptionGroup(title: "General") var general: GeneralOptions
}

struct LoadOptions: ParsableArguments {
  @Option(
    name: [.customShort("t", allowingJoined: true), .long],
    help: ArgumentHelp("Threads, which share the connections. (default: 2)", valueName: "N"),
    transform: OptionValue.whole(in: 1...256))
  var threads: Int?

  @Option(
    name: [.customShort("c", allowingJoined: true), .long],
    help: ArgumentHelp(
      "Connections, each with one request under way. (default: 10)", valueName: "N"),
    transform: OptionValue.count)
  var connections: Int?

  @Option(
    name: [.customShort("d", allowingJoined: true), .long],
    help: ArgumentHelp("How long is measured. (default: 10s)", valueName: "TIME"),
    transform: OptionValue.duration)
  var duration: Duration?

  @Option(
    name: .customShort("n", allowingJoined: true),
    help: ArgumentHelp("So many requests, instead of a time.", valueName: "N"),
    transform: OptionValue.count)
  var requests: Int?

  @Option(
    name: [.customShort("R", allowingJoined: true), .long],
    help: ArgumentHelp(
      "Requests a second, on a fixed schedule whatever the answers do; latency is then counted from "
        + "when a request should have started.", valueName: "RATE"),
    transform: OptionValue.rate)
  var rate: Double?

  @Option(
    help: ArgumentHelp(
      "Load before anything is measured. (default: 0s, 1s with several runs)", valueName: "TIME"),
    transform: OptionValue.duration)
  var warmup: Duration?

  @Option(
    help: ArgumentHelp(
      "How long an answer, or a connection, may take. (default: 2s)", valueName: "TIME"),
    transform: OptionValue.duration)
  var timeout: Duration?

  @Option(
    help: ArgumentHelp("Requests under way on each connection. (default: 1)", valueName: "N"),
    transform: OptionValue.whole(in: 1...1024))
  var pipeline: Int?

  @Flag(name: .customLong("no-keep-alive"), help: "A new connection for each request.")
  var noKeepAlive = false

  @Option(
    name: .customLong("unix-socket"),
    help: ArgumentHelp("Connect to this unix socket instead of the URL's host.", valueName: "PATH"),
    completion: .file())
  var unixSocket: String?

  @Option(
    help: ArgumentHelp(
      "Certificates to trust, in PEM, instead of the system's.", valueName: "FILE"),
    completion: .file(extensions: ["pem", "crt", "cer"]))
  var cacert: String?

  @Flag(help: "Do not ask an https server to prove who it is.")
  var insecure = false
}

struct RequestOptions: ParsableArguments {
  @Option(
    name: [.customShort("m"), .long],
    help: ArgumentHelp("Method. (default: GET, POST with a body)", valueName: "METHOD"),
    completion: .list(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]))
  var method: String?

  @Option(
    name: [.customShort("H"), .customLong("header")],
    help: ArgumentHelp("A header field; may be repeated.", valueName: "NAME: VALUE"))
  var headers: [String] = []

  @Option(help: ArgumentHelp("The body, or @FILE.", valueName: "TEXT"))
  var body: String?

  @Option(
    name: .customLong("requests"),
    help: ArgumentHelp(
      "Requests to send in turn: JSON objects or .http blocks.", valueName: "FILE"),
    completion: .file())
  var file: String?

  @Option(
    help: ArgumentHelp(
      "Statuses that are right; all others are errors. (default: 200 to 399)",
      valueName: "STATUS[,STATUS...]"),
    transform: OptionValue.statuses)
  var expect: [Int]?
}

struct ScenarioOptions: ParsableArguments {
  @Option(
    name: .customLong("scenario"),
    help: ArgumentHelp(
      "\(LynxScenario.allCases.map(\.rawValue).joined(separator: ", ")), or all.",
      valueName: "NAME[,NAME...]"),
    completion: ValueCompletion.scenarios,
    transform: OptionValue.scenarios)
  var scenarios: [LynxScenario]?

  @Flag(help: "Start a lynx serve on free ports for it, with a temporary SQLite database.")
  var spawn = false

  @Option(
    name: .customLong("database-url"),
    help: ArgumentHelp("Database of the server that --spawn starts.", valueName: "URL"))
  var databaseURL: String?

  @Option(
    name: .customLong("redirect-url"),
    help: ArgumentHelp(
      "Where redirects are, if not where the API says that they are.", valueName: "URL"))
  var redirectURL: String?

  @Option(
    name: [.customShort("p", allowingJoined: true), .customLong("pid")],
    help: ArgumentHelp(
      "Processes of the server, whose CPU time a request is reported.", valueName: "PID[,PID...]"),
    completion: ValueCompletion.servers,
    transform: OptionValue.identifiers)
  var processes: [[Int32]] = []
}

struct BenchResultOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Runs of each kind. (default: 1, 5 with --against)", valueName: "N"),
    transform: OptionValue.whole(in: 1...1000))
  var runs: Int?

  @Option(
    help: ArgumentHelp(
      "Another server to compare with: runs take turns.", valueName: "URL"))
  var against: String?

  @Option(
    help: ArgumentHelp("Keep all that was measured.", valueName: "FILE.json.gz"),
    completion: ValueCompletion.savedRuns)
  var save: String?

  @Option(
    help: ArgumentHelp("Compare with what --save kept.", valueName: "FILE.json.gz"),
    completion: ValueCompletion.savedRuns)
  var compare: String?

  @Option(
    help: ArgumentHelp(
      "Exit with 99 unless it is kept: 'p99<5ms', 'rps>10k', 'errors<0.1%'; may be repeated.",
      valueName: "LIMIT"))
  var threshold: [String] = []

  @Option(
    name: .customLong("profile"),
    help: ArgumentHelp(
      "Record the server (--pid or --spawn) meanwhile and draw it: .svg .folded .txt .pb.gz.",
      valueName: "FILE"),
    completion: ValueCompletion.profileOutputs)
  var profile: String?

  @Option(
    name: [.customShort("F", allowingJoined: true), .customLong("freq")],
    help: ArgumentHelp("Samples a second with --profile. (default: 99)", valueName: "HZ"),
    transform: OptionValue.whole(in: 1...100_000))
  var frequency: Int?

  @Flag(help: "Print all percentiles, as wrk2 does.")
  var latency = false

  @OptionGroup var report: ReportOptions
}
