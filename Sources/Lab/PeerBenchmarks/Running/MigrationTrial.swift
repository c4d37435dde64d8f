import Databases
import Glibc
import LinuxSystem
import Terminal
import TestSupport

/// Runs `migrate up` on empty databases, one or several at once.
final class MigrationTrial {
  enum Engine: String, CaseIterable {
    case postgres = "PostgreSQL"
    case sqlite = "SQLite"
  }

  enum Runner: String, CaseIterable {
    case lynx
    case dbmate
    case lockingDbmate = "dbmate with its lock"

    /// dbmate locks on PostgreSQL only.
    func isFor(_ engine: Engine) -> Bool { self != .lockingDbmate || engine == .postgres }
  }

  struct Outcome {
    /// Runners with exit code 0.
    let endedWell: Int
    /// Migrations of which the database does not have the one row that each leaves.
    let migrationsNotOnce: Int
    let seconds: Double

    var isEachOnce: Bool { migrationsNotOnce == 0 }
  }

  static let count = 50
  private let bench: Bench
  private let server: PostgresServer
  private let directory: String
  private var databases = 0

  init(_ bench: Bench) throws(CommandError) {
    self.bench = bench
    directory = "\(bench.fixtureDirectory)/migrations"
    do { server = try PostgresServer(.stock) } catch {
      throw CommandError(.failed, "PostgreSQL could not be set up: \(error)")
    }
    mkdir(directory, 0o755)
    for version in 1...Self.count {
      // The rows tell how often each ran.
      let text = """
        -- migrate:up
        CREATE TABLE \(version == 1 ? "runs (version INTEGER)" : "t\(version) (x INTEGER, y TEXT)");
        \(version == 1 ? "" : "CREATE INDEX i\(version) ON t\(version) (x);")
        INSERT INTO runs VALUES (\(version));

        -- migrate:down
        DROP TABLE \(version == 1 ? "runs" : "t\(version)");

        """
      let name = "\(20_260_101_000_000 + version)_step.sql"
      try OutputFile.write(Array(text.utf8), to: "\(directory)/\(name)")
    }
  }

  /// Whether what is found as dbmate is no program but a script that starts one.
  var isScript: Bool {
    Tool.dbmate.path.flatMap { try? readFile($0) }?.starts(with: "#!".utf8) ?? false
  }

  func command(_ runner: Runner, _ engine: Engine, _ name: String) -> [String] {
    let url =
      switch engine {
      case .postgres: server.url(database: name) + "?sslmode=disable"
      // Nobody but dbmate wants the name behind one colon.
      case .sqlite: (runner == .lynx ? "sqlite://" : "sqlite:") + bench.scratch("\(name).db")
      }
    if runner == .lynx {
      return [bench.lynxPath, "migrate", "up", "--dir", directory, "--database-url", url]
    }
    return ["dbmate", "--url", url, "--migrations-dir", directory, "--no-dump-schema"]
      + (runner == .lockingDbmate ? ["--migration-lock"] : []) + ["up"]
  }

  /// On an empty database.
  func run(
    _ runner: Runner, _ engine: Engine, runners: Int
  ) throws(CommandError) -> Outcome {
    databases += 1
    let name = "trial_\(databases)"
    if engine == .postgres { try psql("CREATE DATABASE \(name)") }
    let command = command(runner, engine, name)
    let start = Clock.monotonicNanoseconds
    var processes: [RunningProcess] = []
    for number in 0..<runners {
      processes.append(
        try RunningProcess(
          command,
          .init(errorPath: bench.scratch(number == 0 ? "errors.txt" : "errors-\(number).txt"))))
    }
    var endedWell = 0
    for process in processes {
      guard let end = try bench.finish(process, within: 120) else {
        throw bench.failure(of: command, "took longer than two minutes")
      }
      if end.status == .exited(0) { endedWell += 1 }
    }
    let seconds = Double(Clock.monotonicNanoseconds - start) / 1e9
    let times = try runTimes(engine, name)
    let notOnce = (1...Self.count).count { version in times.count { $0 == version } != 1 }
    try remove(engine, name)
    return Outcome(endedWell: endedWell, migrationsNotOnce: notOnce, seconds: seconds)
  }

  /// The versions that left a row, as often as they did.
  private func runTimes(_ engine: Engine, _ name: String) throws(CommandError) -> [Int] {
    let query = "SELECT version FROM runs"
    switch engine {
    case .postgres:
      return try psql(query, database: name).split(separator: "\n").compactMap { Int($0) }
    case .sqlite:
      do {
        let connection = try SQLiteConnection(path: bench.scratch("\(name).db"))
        let statement = try connection.prepare(query)
        var versions: [Int] = []
        while try statement.step() { versions.append(Int(statement.int64(at: 0) ?? 0)) }
        return versions
      } catch {
        throw CommandError(.failed, "\(error)")
      }
    }
  }

  private func remove(_ engine: Engine, _ name: String) throws(CommandError) {
    switch engine {
    case .postgres: try psql("DROP DATABASE \(name) WITH (FORCE)")
    case .sqlite:
      for path in bench.scratchFiles(startingWith: "\(name).db") { unlink(path) }
    }
  }

  @discardableResult
  private func psql(
    _ script: String, database: String = "postgres"
  ) throws(CommandError) -> String {
    do { return try server.psql(script, database: database) } catch {
      throw CommandError(.failed, "\(error)")
    }
  }
}
