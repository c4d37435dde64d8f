import Databases
import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import Diagnosis

/// The checks of a database.
func databaseChecks(_ url: String, serving: ServingSubject? = nil) -> [Check] {
  var subject = Subject()
  subject.databaseURL = url
  subject.serving = serving
  return DatabaseChecks.all(subject)
}

@Suite("Of the way to PostgreSQL exactly the stage is failed that fails", .serialized)
struct PostgresStageTests {
  private static let stages = ["name", "connect", "tls", "sign_in", "version"]

  /// The statuses of all stages, in their order.
  private func statuses(_ url: String) throws -> [CheckStatus] {
    let checks = databaseChecks(url)
    return try Self.stages.map { try finding("database.\($0)", of: checks).status }
  }

  @Test("all goes well, by TCP and by a socket")
  func reached() throws {
    let server = try PostgresServer.shared()
    #expect(try statuses(server.url()) == [.ok, .ok, .ok, .ok, .ok])
    #expect(try statuses(server.socketURL()) == [.ok, .ok, .notApplicable, .ok, .ok])
    let version = try finding("database.version", of: databaseChecks(server.url()))
    let verdict = try server.psql("SHOW server_version").split(separator: " ").first ?? ""
    #expect(version.observed == "PostgreSQL \(verdict.trimmingCharacters(in: .newlines))")
  }

  @Test("a name that nobody knows")
  func unknownName() throws {
    let url = "postgresql://lynx@no-such-host.invalid/links"
    #expect(
      try statuses(url) == [
        .failed, .notApplicable, .notApplicable, .notApplicable, .notApplicable,
      ])
    expect(try finding("database.name", of: databaseChecks(url)), .failed, "no-such-host.invalid")
  }

  @Test("a port at which nobody listens")
  func absent() throws {
    let port = try PostgresServer.freePort()
    let url = "postgresql://lynx:s3cret@127.0.0.1:\(port)/links"
    #expect(try statuses(url) == [.ok, .failed, .notApplicable, .notApplicable, .notApplicable])
    let found = try finding("database.connect", of: databaseChecks(url))
    expect(found, .failed, "127.0.0.1:\(port)", "refused")
    #expect(found.remedy?.needsRoot == true)
  }

  @Test("a server that stops and starts again turns red and green")
  func stopped() throws {
    let server = try PostgresServer()
    #expect(try statuses(server.url()) == [.ok, .ok, .ok, .ok, .ok])
    try server.stop()
    #expect(try statuses(server.url())[1] == .failed)
    try server.start()
    #expect(try statuses(server.url())[1] == .ok)
  }

  @Test("somebody who accepts connections and says nothing")
  func silent() throws {
    let listener = try PythonListener()
    let url = "postgresql://lynx@127.0.0.1:\(listener.port)/links"
    #expect(try statuses(url) == [.ok, .ok, .failed, .notApplicable, .notApplicable])
    expect(try finding("database.tls", of: databaseChecks(url)), .failed, "no answer")
  }

  @Test("TLS that is asked for and not offered", arguments: ["require", "verify-full"])
  func noTLS(mode: String) throws {
    let server = try PostgresServer.shared()
    let url = server.url() + "?sslmode=\(mode)"
    let checks = databaseChecks(url)
    expect(try finding("database.tls", of: checks), .failed, "sslmode=\(mode)")
    expect(try finding("database.sign_in", of: checks), .notApplicable)
  }

  @Test("a way to encrypt that libpq does not know")
  func unknownMode() throws {
    let server = try PostgresServer.shared()
    let checks = databaseChecks(server.url() + "?sslmode=bogus")
    expect(try finding("database.tls", of: checks), .failed, "sslmode=bogus")
    expect(try finding("database.sign_in", of: checks), .notApplicable)
  }

  @Test("TLS that is offered: used, and refused where its certificate is nobody's")
  func tls() throws {
    let server = try PostgresServer()
    let shop = try Workshop()
    let missing = try finding("database.tls", of: databaseChecks(server.url() + "?sslmode=require"))
    // The server of the tests has its superuser under another name. There is no certificate yet.
    try run(
      missing.remedy.map {
        Remedy(
          Superuser.withoutSudo($0.line).replacing("-U postgres", with: "-U lynx -d postgres"))
      })
    try shop.run("cp '\(server.directory)/data/server.crt' .")
    let required = server.url() + "?sslmode=require"
    var found = try finding("database.tls", of: databaseChecks(required))
    for _ in 0..<50 where found.status != .ok {
      usleep(100_000)
      found = try finding("database.tls", of: databaseChecks(required))
    }
    expect(found, .ok, "TLSv1")
    expect(try finding("database.sign_in", of: databaseChecks(required)), .ok)
    // It starts again: TLS without a certificate would keep it from that.
    try server.stop()
    try server.start()
    expect(try finding("database.tls", of: databaseChecks(required)), .ok, "TLSv1")
    let verified = server.url() + "?sslmode=verify-ca&sslrootcert="
    expect(
      try finding("database.tls", of: databaseChecks(verified + (shop / "server.crt"))), .ok,
      "TLSv1")
    try shop.run(
      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout other.key -out other.crt 2>/dev/null"
    )
    let foreign = databaseChecks(verified + (shop / "other.crt"))
    expect(try finding("database.tls", of: foreign), .failed, "certificate")
    expect(try finding("database.sign_in", of: foreign), .notApplicable)
  }

  @Test("a wrong password, none, a role that nobody lets in, a database that is not there")
  func signIn() throws {
    let server = try PostgresServer.shared()
    let wrong = server.url(user: "guarded", password: "hush-hush")
    #expect(try statuses(wrong) == [.ok, .ok, .ok, .failed, .notApplicable])
    for check in databaseChecks(wrong) {
      let found = check.probe()
      #expect(!"\(found)".contains("hush-hush"), "\(check.id): \(found)")
    }
    expect(try finding("database.sign_in", of: databaseChecks(wrong)), .failed, "guarded")
    let none = server.url(user: "guarded")
    expect(try finding("database.sign_in", of: databaseChecks(none)), .failed, "password")
    let right = server.url(user: "guarded", password: PostgresServer.guardedPassword)
    expect(try finding("database.sign_in", of: databaseChecks(right)), .ok, "guarded")
    let rejected = databaseChecks(server.url(user: "rejected"))
    expect(try finding("database.sign_in", of: rejected), .failed, "rejected")
    let absent = try finding(
      "database.sign_in", of: databaseChecks(server.url(database: "no such")))
    expect(absent, .failed, "no such")
    #expect(absent.remedy?.line.hasPrefix("lynx migrate up --database-url ") == true)
  }

  @Test("a URL that cannot be read is told, and nothing of a password in it")
  func malformed() throws {
    for url in ["postgresql://u:p@ssw0rd@h:x/db", "mysql://root:ssw0rd@h/db", "lynx.db"] {
      for check in databaseChecks(url) {
        let found = check.probe()
        #expect(!"\(found)".contains("ssw0rd"), "\(check.id): \(found)")
      }
      expect(try finding("database.url", of: databaseChecks(url)), .failed)
    }
  }

  @Test(
    "where libpq connects to, by its own account",
    arguments: [
      "postgresql://u@127.0.0.1:6000,127.0.0.1:6001/d", "postgresql:///d?host=/nowhere&port=7000",
      "postgresql://u@[::1]:6000/d?sslmode=disable", "postgresql://u@127.0.0.1/d",
      "postgresql://u@ignored:6000/d?hostaddr=127.0.0.1",
    ])
  func target(url: String) throws {
    let target = try PostgresTarget(conninfo: url)
    let message = try Workshop().run("psql -X '\(url)' -c '' 2>&1 || true")
    for host in target.hosts {
      #expect(
        message.contains("\(host.port)") && message.contains(host.socketPath ?? host.name),
        "\(host): \(message)")
    }
    #expect(target.database == "d")
  }
}
