import Databases
import Glibc
import TestSupport
import Testing

@Suite("PostgreSQL: a connection that waits for its answers")
struct PostgresConnectionTests {
  private func connect(
    _ server: PostgresServer, database: String? = nil, timeout: Int? = nil
  ) throws -> PostgresConnection {
    try PostgresConnection(
      conninfo: server.url(database: database ?? "postgres"),
      statementTimeoutMilliseconds: timeout)
  }

  private func failure<R>(_ body: () throws -> R) -> DatabaseError? {
    do {
      _ = try body()
      return nil
    } catch {
      return error as? DatabaseError
    }
  }

  @Test("it is application lynx, over TCP and over the socket, of the version psql sees")
  func session() throws {
    let server = try PostgresServer.shared()
    for url in [server.url(), server.socketURL()] {
      let connection = try PostgresConnection(conninfo: url)
      let rows = try connection.query(
        "SELECT application_name, current_setting('client_encoding') FROM pg_stat_activity "
          + "WHERE pid = $1", parameters: ["\(connection.serverProcessID)"])
      #expect(rows == [["lynx", "UTF8"]])
      let version = try server.psql("SHOW server_version_num")
      #expect("\(connection.serverVersion)\n" == version)
    }
    let named = try PostgresConnection(conninfo: server.url() + "?application_name=other")
    #expect(try named.query("SHOW application_name") == [["other"]])
  }

  @Test("what refuses a connection has its kind and a sentence with host and port, no password")
  func refusals() throws {
    let server = try PostgresServer.shared()
    let secret = "S3cretSauce"
    let free = try PostgresServer.freePort()
    let cases: [(String, DatabaseError.Kind, [String])] = [
      (
        server.url(user: "guarded", password: secret), .notPermitted, ["guarded", "\(server.port)"]
      ),
      (server.url(user: "guarded"), .notPermitted, ["password", "\(server.port)"]),
      (server.url(user: "rejected", password: secret), .notPermitted, ["pg_hba", "rejected"]),
      (server.url(user: "nobody_here", password: secret), .notPermitted, ["nobody_here"]),
      (
        server.url(password: secret, database: "no such"), .unreachable,
        ["database no such does not exist", "127.0.0.1:\(server.port)"]
      ),
      (
        server.url(password: secret, port: free), .unreachable,
        ["127.0.0.1:\(free)", "refused"]
      ),
      (
        "postgresql://u:\(secret)@no-such-host.invalid/x", .unreachable,
        ["no-such-host.invalid:5432"]
      ),
      ("postgresql://u:\(secret)@/x?host=/nowhere/at/all", .unreachable, ["/nowhere/at/all"]),
    ]
    for (url, kind, parts) in cases {
      let error = failure { try PostgresConnection(conninfo: url) }
      #expect(error?.kind == kind, "\(url): \(error as Any)")
      for part in parts { #expect(error?.message.contains(part) == true, "\(error as Any)") }
      #expect(error?.message.contains(secret) == false && error?.message.contains("\n") == false)
      #expect(error?.message.hasSuffix(".") == false)
    }
    let good = try PostgresConnection(
      conninfo: server.url(user: "guarded", password: PostgresServer.guardedPassword))
    #expect(try good.query("SELECT current_user") == [["guarded"]])
  }
}
