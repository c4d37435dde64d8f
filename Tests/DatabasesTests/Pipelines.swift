import Databases
import TestSupport

/// What became of requests, by number.
final class Ledger {
  private(set) var ends: [Int: [Result<PostgresRows, DatabaseError>]] = [:]
  private(set) var order: [Int] = []

  func completion(_ number: Int) -> PostgresPipeline.Completion {
    { result in
      self.ends[number, default: []].append(result)
      self.order.append(number)
    }
  }

  subscript(number: Int) -> Result<PostgresRows, DatabaseError>? { ends[number]?.first }

  func error(_ number: Int) -> DatabaseError? {
    if case .failure(let error)? = self[number] { error } else { nil }
  }

  var allOnce: Bool { ends.values.allSatisfy { $0.count == 1 } }
}

/// What the tests of pipelines have in common.
enum Pipelines {
  /// For busy machines, where nothing is meant to be late.
  static var patient: PostgresPipeline.Options {
    var options = PostgresPipeline.Options()
    options.connectTimeoutMilliseconds = 60_000
    options.statementTimeoutMilliseconds = 60_000
    return options
  }

  static let insert = PostgresStatement(
    "insert", "INSERT INTO t(a, b) VALUES ($1, $2) RETURNING a", [.int64, .text])
  static let echo = PostgresStatement("echo", "SELECT $1 || '!'", [.text])
  static let sleep = PostgresStatement(
    "sleep", "SELECT pg_sleep($1::float8 / 1000)::text", [.int64])

  /// A database with a table, and a pipeline on it.
  static func make(
    _ server: PostgresServer, _ options: PostgresPipeline.Options = patient
  ) throws -> (PostgresPipeline, PostgresConnection) {
    let url = try server.url(database: server.makeDatabase())
    let connection = try PostgresConnection(conninfo: url)
    try connection.execute("CREATE TABLE t(a bigint PRIMARY KEY CHECK (a >= 0), b text)")
    return (try PostgresPipeline(conninfo: url, options: options), connection)
  }
}
