import ArgumentParser
import Terminal

/// The command line of `lynx serve`, as typed. Values stay texts: the environment and a file may have
/// them as well, and all are read by ``ServePlan``.
struct ServeArguments: ParsableArguments {
  @Option(
    name: .customLong("database-url"),
    help: ArgumentHelp(
      "Where links are kept: sqlite://FILE or postgresql://… (sqlite://./lynx.db).",
      valueName: "URL"))
  var databaseURL: String?

  @Option(
    help: ArgumentHelp("Addresses of redirects, with commas (127.0.0.1).", valueName: "HOST,…"))
  var redirectHost: String?

  @Option(help: ArgumentHelp("Port of redirects; 0 is any free one (3000).", valueName: "PORT"))
  var redirectPort: String?

  @Option(
    help: ArgumentHelp("Serve redirects on this unix socket as well.", valueName: "PATH"),
    completion: .file())
  var unixSocket: String?

  @Option(
    help: ArgumentHelp("Addresses of the API, with commas (127.0.0.1).", valueName: "HOST,…"))
  var apiHost: String?

  @Option(help: ArgumentHelp("Port of the API; 0 is any free one (8080).", valueName: "PORT"))
  var apiPort: String?

  @Option(
    help: ArgumentHelp("Who may use the API: none (everybody) or api-key.", valueName: "MODE"),
    completion: .list(["none", "api-key"]))
  var auth: String?

  @Flag(
    inversion: .prefixedNo,
    help: "Whether everybody may use the API, from other machines too, without a key.")
  var allowOpenAPI: Bool?

  @Option(
    help: ArgumentHelp("Threads for redirects (one a CPU, at most 64).", valueName: "N"))
  var threads: String?

  @Option(
    help: ArgumentHelp(
      "Status of redirects: 301, 302, 303, 307 or 308 (308).", valueName: "STATUS"),
    completion: .list(["301", "302", "303", "307", "308"]))
  var redirectStatus: String?

  @Option(
    help: ArgumentHelp("How long browsers may redirect by themselves (90s).", valueName: "D"))
  var redirectMaxAge: String?

  @Option(
    name: .customLong("redirect-base-url"),
    help: ArgumentHelp(
      "What short codes are put behind (http://HOST:PORT of redirects).", valueName: "URL"))
  var redirectBaseURL: String?

  @Flag(inversion: .prefixedNo, help: "Whether the request's query is added to the destination.")
  var forwardQuery: Bool?

  @Flag(inversion: .prefixedNo, help: "Whether header fields say how long a redirect took.")
  var timingHeaders: Bool?

  @Option(help: ArgumentHelp("Links in the cache (500000).", valueName: "N"))
  var cacheMaxEntries: String?

  @Option(
    help: ArgumentHelp("Where clicks wait for the database (beside it).", valueName: "DIR"),
    completion: .directory)
  var journalDir: String?

  @Option(
    help: ArgumentHelp("How often the database is told of clicks (5s).", valueName: "D"))
  var clickFlushInterval: String?

  @Option(help: ArgumentHelp("Connections to PostgreSQL (5).", valueName: "N"))
  var databaseConnections: String?

  @Option(help: ArgumentHelp("Bytes of a code that somebody chooses (50).", valueName: "N"))
  var shortCodeMaxLength: String?

  @Flag(help: "Take the port of redirects over from a lynx that is to be stopped.")
  var takeOver = false

  @Flag(
    name: .customLong("no-announce"),
    help: "Do not let lynx profile and lynx bench find this server by themselves.")
  var noAnnounce = false

  @Option(
    help: ArgumentHelp("Settings as NAME=VALUE, a line each.", valueName: "FILE"),
    completion: .file())
  var config: String?

  @OptionGroup var general: GeneralOptions
}
