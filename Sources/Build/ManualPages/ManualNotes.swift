/// What pages say that no help has room for: files, variables, and exit codes where help names none.
struct ManualNotes {
  struct Note {
    var name: String
    var meaning: String

    init(_ name: String, _ meaning: String) {
      self.name = name
      self.meaning = meaning
    }
  }

  /// When these notes or what they belong to changed last. Not the day of generation: the same sources
  /// make the same pages.
  static let date = "2026-11-28"

  let commonEnvironment = [
    Note("NO_COLOR", "if not empty, text has no colours, as with --color never."),
    Note("CLICOLOR_FORCE", "if neither empty nor 0, text has colours though it goes to a file."),
  ]

  let environment: [String: [Note]] = [
    "lynx-serve": [
      Note("LYNX_RUNTIME_DIR", "where the server leaves the file by which others find it."),
      Note("RUNTIME_DIRECTORY, XDG_RUNTIME_DIR", "the same, if that is not set."),
      Note("STATE_DIRECTORY", "where clicks wait that go to PostgreSQL, set by systemd."),
      Note("NOTIFY_SOCKET, LISTEN_FDS, LISTEN_PID", "systemd's: readiness, and sockets it opened."),
    ],
    "lynx-bench": [finding, temporary],
    "lynx-doctor": [
      finding, Note("DATABASE_URL", "the database, if --database-url does not name it."),
    ],
    "lynx-profile": [finding, temporary],
    "lynx-migrate": [
      Note("DATABASE_URL", "the database, if --database-url does not name it. May not be empty."),
      Note(
        "PATH",
        "where dump finds pg_dump, to which it hands the password by its own environment."),
    ],
  ]

  private static let finding = Note(
    "LYNX_RUNTIME_DIR, XDG_RUNTIME_DIR", "where servers that run are looked for.")
  private static let temporary = Note(
    "TMPDIR", "where the server that is started for a scenario has its database.")

  let files: [String: [Note]] = [
    "lynx": [
      Note("lynx-serve, lynx-profile, ...", "links to lynx with such a name are the command.")
    ],
    "lynx-serve": [
      Note("./lynx.db", "the links, in SQLite, unless --database-url names another database."),
      Note("./lynx.db.clicks/", "clicks on their way to it; keep it beside the database."),
      Note("./lynx.clicks/", "clicks on their way to PostgreSQL; on a disk of this machine."),
      Note(
        "/run/lynx/serve-PID.json, /tmp/lynx-UID/serve-PID.json",
        "which server this is and where it listens, for lynx profile and lynx bench."),
      Note(
        "lynx.service, lynx.socket",
        "units for systemd, in lib/systemd/system of the archive."),
    ],
    "lynx-bench": [
      Note("/run/lynx/, /tmp/lynx-UID/", "servers that run say there which they are.")
    ],
    "lynx-profile": [
      Note("flamegraph.svg", "the picture, unless -o names others."),
      Note("flamegraph.pb.gz", "the recording, in pprof's format, beside the first output."),
      Note(
        "/usr/lib/debug/.build-id/XX/YYYY.debug",
        "debug information of stripped programs, found by their build-id."),
      Note("/tmp/perf-PID.map", "names of code that a runtime generated."),
      Note("/proc/sys/kernel/perf_event_paranoid", "what the kernel lets an ordinary user see."),
      Note("/run/lynx/, /tmp/lynx-UID/", "servers that run say there which they are."),
    ],
    "lynx-doctor": [
      Note("/proc/sys/kernel/, /sys/devices/system/cpu/", "what the kernel says of itself."),
      Note("/usr/lib/debug/.build-id/", "debug information of stripped programs."),
      Note("./lynx.db", "the database, unless another is named."),
      Note("/run/lynx/, /tmp/lynx-UID/", "servers that run say there which they are."),
    ],
    "lynx-migrate": [
      Note("./lynx.db", "the database, unless another is named."),
      Note("NUMBER_NAME.up.sql, NUMBER_NAME.down.sql, NUMBER_NAME.sql", "migrations in --dir."),
    ],
  ]

  let seeAlso = [
    "lynx-profile": "perf(1), pprof(1), perf_event_open(2)", "lynx-bench": "wrk(1)",
    "lynx-serve": "systemd.service(5), systemd.socket(5)",
  ]

  /// Pages that begin with more than the abstract.
  let descriptions = [
    "lynx": """
    One program with a command for each purpose: a URL shortener, a load generator for HTTP servers, a \
    sampling profiler for any native process with its flame graphs, and migrations for SQLite and \
    PostgreSQL. Results go to standard output, all else to standard error. Durations are written as \
    500ms, 30s, 5m or 1h30m, bare numbers are seconds; sizes as 64k or 10M; counts as 1000 or 50k.
    """
  ]

  let commonExitStatus = [
    Note("0", "done; also if Ctrl-C ended a measurement whose result was written"),
    Note("1", "a check failed, or nothing was measured"),
    Note("64", "the command line is wrong"),
    Note("65", "an input is not understood"),
    Note("66", "an input is missing"),
    Note("69", "a service or a process is not there"),
    Note("73", "an output cannot be written"),
    Note("75", "something is in use; try again"),
    Note("77", "not permitted"),
    Note("78", "a setting cannot be used"),
    Note("99", "a threshold was missed"),
  ]
}
