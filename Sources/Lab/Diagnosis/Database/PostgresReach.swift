internal import Databases
internal import Glibc
internal import LinuxSystem

/// The way to a PostgreSQL server, stage by stage: each is tried when the one before it went well, and by
/// itself, so that what fails is known.
struct PostgresReach {
  let target: PostgresTarget
  /// The names looked up, or the paths of sockets.
  let lookup: Finding
  let addresses: [(host: PostgresTarget.Host, address: ResolvedAddress)]

  init(target: PostgresTarget) {
    self.target = target
    var found: [(PostgresTarget.Host, ResolvedAddress)] = []
    var failure: Finding?
    for host in target.hosts {
      do {
        found += try Self.addresses(of: host).map { (host, $0) }
      } catch let error as ResolvedAddress.Failure {
        failure = Finding(
          .failed, "\(host.name): \(error.reason)", expected: "a name that has an address",
          remedy: Remedy("getent hosts \(shellWord(host.name))"))
      } catch {
        failure = Finding(
          .failed, "\(host.name): \(error)", expected: "the directory of a socket",
          remedy: Remedy("psql -h 127.0.0.1 -p \(host.port)"))
      }
    }
    addresses = found
    let names = target.hosts.map(\.name).joined(separator: ", ")
    lookup =
      failure.map {
        found.isEmpty
          ? $0 : Finding(.warning, $0.observed, expected: $0.expected, remedy: $0.remedy)
      }
      ?? Finding(
        .ok, names + (found.count == 1 ? ", one address" : ", \(found.count) addresses"))
  }

  private static func addresses(of host: PostgresTarget.Host) throws -> [ResolvedAddress] {
    if let path = host.socketPath { return [try ResolvedAddress(path: path)] }
    return try ResolvedAddress.all(host: host.name, port: host.port)
  }

  // MARK: Connecting

  /// A connection of the transport, or why there is none.
  struct Connection: Sendable {
    let finding: Finding
    /// What answered.
    let host: PostgresTarget.Host?
    /// What it says to somebody who asks for TLS.
    let encryption: Encryption
  }

  enum Encryption: Sendable, Equatable {
    case offered, refused
    /// Not asked: a unix socket has none.
    case notAsked
    /// No answer, or one that PostgreSQL does not give.
    case strange(String)
  }

  private static let connectMilliseconds: Int32 = 600
  private static let answerMilliseconds: Int32 = 400

  func connect() -> Connection {
    var failure: Finding?
    let end = Clock.monotonicNanoseconds + UInt64(Self.connectMilliseconds) * 1_000_000
    for (host, address) in addresses {
      let start = Clock.monotonicNanoseconds
      do throws(SystemCallError) {
        let socket = FileDescriptor(owning: try SocketCalls.connect(to: address))
        let now = Clock.monotonicNanoseconds
        let left = Int32(clamping: end > now ? (end - now) / 1_000_000 : 0)
        guard waitForWritable(socket.number, timeoutMilliseconds: left) else {
          throw SystemCallError(call: "connect", code: ETIMEDOUT)
        }
        if let error = SocketCalls.connectionFailure(of: socket.number) { throw error }
        let milliseconds = (Clock.monotonicNanoseconds - start) / 1_000_000
        return Connection(
          finding: Finding(.ok, "\(Self.text(host)) accepts connections, after \(milliseconds) ms"),
          host: host,
          encryption: host.socketPath == nil ? Self.askForTLS(socket.number) : .notAsked)
      } catch {
        if failure == nil { failure = Self.refused(host, error) }
      }
    }
    return Connection(
      finding: failure ?? Finding(.notApplicable, "no address to connect to"), host: nil,
      encryption: .notAsked)
  }

  static func text(_ host: PostgresTarget.Host) -> String {
    host.socketPath
      ?? (host.name.contains(":") ? "[\(host.name)]:\(host.port)" : "\(host.name):\(host.port)")
  }

  private static func refused(_ host: PostgresTarget.Host, _ error: SystemCallError) -> Finding {
    let reason =
      error.code == ETIMEDOUT ? "no answer within \(connectMilliseconds) ms" : error.reason
    return Finding(
      .failed, "\(text(host)): \(reason)", expected: "a PostgreSQL server that listens there",
      remedy: remedy(host, error.code))
  }

  private static func remedy(_ host: PostgresTarget.Host, _ code: Int32) -> Remedy {
    if code == EACCES {
      return Remedy("sudo chmod a+rwx \(shellWord(host.socketPath ?? host.name))", needsRoot: true)
    }
    let isHere =
      host.socketPath != nil || host.name == "localhost" || host.name == "::1"
      || host.name.hasPrefix("127.")
    guard isHere else {
      return Remedy(
        "on \(host.name): sudo systemctl start postgresql", needsRoot: true,
        alternatives: ["let listen_addresses and the firewall there admit this machine"])
    }
    let startLine =
      Remedy.canAskSystemd ? "sudo systemctl start postgresql" : "sudo service postgresql start"
    let isInstalled =
      access("/usr/lib/postgresql", F_OK) == 0 || Processes.program(named: "postgres") != nil
    return Remedy(
      isInstalled ? startLine : "sudo apt-get install -y postgresql", needsRoot: true)
  }

  /// SSLRequest (PostgreSQL manual, "Message Formats"): one byte comes back, S or N.
  private static func askForTLS(_ socket: Int32) -> Encryption {
    let request: [UInt8] = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]
    guard request.withUnsafeBytes({ SocketCalls.send($0, to: socket) }) == .done(request.count),
      !waitForReadable([socket], timeoutMilliseconds: answerMilliseconds).isEmpty
    else { return .strange("no answer within \(answerMilliseconds) ms") }
    var answer: [UInt8] = [0]
    guard answer.withUnsafeMutableBytes({ SocketCalls.receive($0, from: socket) }) == .done(1)
    else { return .strange("it ends the connection at once") }
    switch answer[0] {
    case UInt8(ascii: "S"): return .offered
    case UInt8(ascii: "N"): return .refused
    default: return .strange("what answers does not speak PostgreSQL's protocol")
    }
  }

  // MARK: TLS

  /// Makes a certificate before TLS is turned on: without one the server would not start again (PostgreSQL
  /// manual, "Secure TCP/IP Connections with SSL"). One that is there stays.
  private static func certifyLine(_ host: PostgresTarget.Host) -> String {
    let psql = "psql -h \(shellWord(host.name)) -p \(host.port) -U postgres -At"
    return
      "D=$(\(psql) -c 'SHOW data_directory') && sudo sh -c 'cd \"$1\" && { [ -e server.crt ] || "
      + "openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj \"/CN=$2\" "
      + "-keyout server.key -out server.crt; } "
      + "&& chmod 600 server.key && chown --reference=. server.key server.crt' "
      + "sh \"$D\" \(shellWord(host.name)) && "
      + "\(psql) -c 'ALTER SYSTEM SET ssl = on' -c 'SELECT pg_reload_conf()'   # on the server's machine"
  }

  /// What is to be said of encryption, once somebody has tried to sign in.
  static func encryption(
    _ connection: Connection, _ target: PostgresTarget,
    session: Result<PostgresFacts, DatabaseError>?
  ) -> Finding {
    let mode = target.encryption
    let known = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
    guard known.contains(mode) else {
      return Finding(
        .failed, "sslmode=\(mode) is unknown to libpq", expected: known.joined(separator: ", "),
        remedy: Remedy("write sslmode=require, or leave it out of the URL"))
    }
    let isWanted = mode == "require" || mode.hasPrefix("verify")
    guard let host = connection.host else {
      return Finding(.notApplicable, "there is no connection")
    }
    let isHere = host.name == "localhost" || host.name == "::1" || host.name.hasPrefix("127.")
    switch connection.encryption {
    case .notAsked: return Finding(.notApplicable, "a unix socket needs none")
    case .strange(let reason):
      return Finding(
        .failed, "\(text(host)): \(reason)", expected: "PostgreSQL's answer to a request for TLS",
        remedy: Remedy("pg_isready -h \(shellWord(host.name)) -p \(host.port)"))
    case .refused:
      let line = Remedy(
        Self.certifyLine(host),
        needsRoot: true,
        alternatives: ["sslmode=disable in the URL, where nobody else sees the network"])
      if isWanted {
        return Finding(
          .failed, "the server offers no TLS, and sslmode=\(mode) asks for it",
          expected: "ssl = on, with server.crt and server.key in the data directory",
          remedy: line)
      }
      if isHere || mode == "disable" { return Finding(.ok, "none, sslmode=\(mode)") }
      return Finding(
        .warning, "the server offers none: passwords and links cross the network readable",
        expected: "TLS, and sslmode=require", remedy: line)
    case .offered:
      if case .failure(let error)? = session, error.isOfEncryption {
        return Finding(
          .failed, error.message, expected: "a certificate that sslmode=\(mode) accepts",
          remedy: Remedy("put the certificate of its authority to ~/.postgresql/root.crt"))
      }
      if case .success(let facts)? = session {
        return Finding(
          .ok, facts.encryption.map { "\($0), sslmode=\(mode)" } ?? "none, sslmode=\(mode)")
      }
      return Finding(.ok, "offered, sslmode=\(mode)")
    }
  }
}

extension DatabaseError {
  /// Whether libpq gave up over TLS, before the server could say anything.
  var isOfEncryption: Bool {
    code == nil
      && ["SSL", "sslmode", "certificate"].contains { message.contains($0) }
  }
}
