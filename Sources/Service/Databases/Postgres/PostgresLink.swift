internal import CPostgres
internal import Glibc

/// Owns a libpq connection: it comes about in here, non-blocking and with a deadline, and ends with
/// its owner.
final class PostgresLink {
  let handle: OpaquePointer
  let notices = NoticeCollector()

  /// Begins to connect; ``advance()`` goes on with it. The name of the host is looked up in here,
  /// blocking: libpq has no other way.
  init(conninfo: String) throws(DatabaseError) {
    var settings = try ConnectionSettings(conninfo: conninfo)
    for (keyword, value) in Self.defaults where settings[keyword] == nil {
      settings[keyword] = value
    }
    // Texts are UTF-8 here, whatever the environment says.
    settings["client_encoding"] = "UTF8"
    let keywords = settings.values.map { strdup($0.keyword) }
    let values = settings.values.map { strdup($0.value) }
    defer { for text in keywords + values { free(text) } }
    let started = PQconnectStartParams(
      keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 0)
    guard let started else {
      throw DatabaseError(.other, "there is no memory left to connect to PostgreSQL")
    }
    handle = started
    // Makes the message of a refusal name its SQLSTATE.
    PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
    notices.attach(to: handle)
    if PQstatus(handle) == CONNECTION_BAD { throw refusal }
  }

  deinit { PQfinish(handle) }

  /// A peer that vanished without a word is noticed after about a minute.
  private static let defaults = [
    ("fallback_application_name", "lynx"), ("keepalives_idle", "30"),
    ("keepalives_interval", "10"), ("keepalives_count", "3"), ("tcp_user_timeout", "60000"),
  ]

  /// The socket, which may be another one after each ``advance()``.
  var descriptor: Int32 { PQsocket(handle) }

  var address: String { PostgresFailure.address(handle) }

  var refusal: DatabaseError {
    ConnectionRefusal.error(
      handle, database: PQdb(handle).map { String(cString: $0) } ?? "")
  }

  enum Progress { case wantsReading, wantsWriting, established }

  /// Goes on connecting as far as possible without waiting.
  func advance() throws(DatabaseError) -> Progress {
    switch PQconnectPoll(handle) {
    case PGRES_POLLING_OK:
      PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
      guard PQsetnonblocking(handle, 1) == 0 else { throw PostgresFailure.lost(handle) }
      return .established
    case PGRES_POLLING_READING: return .wantsReading
    case PGRES_POLLING_WRITING: return .wantsWriting
    default: throw refusal
    }
  }

  /// Waits until the connection is there.
  func establish(timeoutMilliseconds: Int) throws(DatabaseError) {
    let deadline = Deadline(milliseconds: timeoutMilliseconds)
    // libpq: begin as if PQconnectPoll had asked for writing.
    var wanted = Progress.wantsWriting
    while wanted != .established {
      guard
        waitForSocket(
          descriptor, reading: wanted == .wantsReading, writing: wanted == .wantsWriting, deadline)
      else {
        throw ConnectionRefusal.timeout(handle, milliseconds: timeoutMilliseconds)
      }
      wanted = try advance()
    }
  }
}

/// Waits for a socket; false when the time is over.
func waitForSocket(
  _ descriptor: Int32, reading: Bool, writing: Bool, _ deadline: Deadline
) -> Bool {
  while true {
    var entry = pollfd(
      fd: descriptor, events: Int16((reading ? POLLIN : 0) | (writing ? POLLOUT : 0)), revents: 0)
    let count = poll(&entry, 1, deadline.pollMilliseconds)
    if count > 0 { return true }
    if count < 0, errno != EINTR { return true }
    if count == 0, deadline.isOver { return false }
  }
}

/// What a server says beside its answers.
public struct PostgresNotice: Sendable, Equatable {
  /// `NOTICE`, `WARNING`, `INFO` and the like.
  public var severity: String
  public var message: String
}

/// Keeps the last of the notices a server sends.
final class NoticeCollector {
  private static let limit = 1_000
  private(set) var notices: [PostgresNotice] = []

  func attach(to connection: OpaquePointer) {
    PQsetNoticeReceiver(
      connection,
      { context, result in
        guard let context, let result else { return }
        let text = PostgresFailure.field(result, .primary)
        Unmanaged<NoticeCollector>.fromOpaque(context).takeUnretainedValue()
          .add(
            PostgresNotice(
              severity: PostgresFailure.field(result, .severity) ?? "NOTICE",
              message: PostgresFailure.sentence(
                text ?? String(cString: PQresultErrorMessage(result)))))
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  private func add(_ notice: PostgresNotice) {
    if notices.count >= Self.limit { notices.removeFirst(Self.limit / 2) }
    notices.append(notice)
  }

  func take() -> [PostgresNotice] {
    defer { notices = [] }
    return notices
  }
}
