internal import CPostgres
internal import LinuxSystem

/// A connection of its own that hears what is sent with NOTIFY on some channels, and connects again
/// whenever it is lost.
///
/// Driven like ``PostgresPipeline`` by its owner's thread. Whatever was sent while there was no
/// connection is lost: ``Event/connected`` means that from now on everything is heard, and that
/// whoever keeps something up to date by notifications looks at all of it once.
public final class PostgresListener {
  public enum Event: Sendable, Equatable {
    case connected
    /// It will be tried again until ``close()``.
    case disconnected(DatabaseError)
    /// - Parameter processID: the server process whose session sent it.
    case notification(channel: String, payload: String, processID: Int32)
  }

  public struct Options: Sendable, Equatable {
    public var connectTimeoutMilliseconds = 5_000
    /// After how much silence the server is asked whether it is there.
    public var keepaliveMilliseconds = 10_000
    /// How long it may take to answer that.
    public var answerTimeoutMilliseconds = 5_000
    /// Pauses between attempts grow from the first to the second, doubling, each shortened at random
    /// by up to a half.
    public var firstPauseMilliseconds = 50
    public var longestPauseMilliseconds = 500

    public init() {}
  }

  private enum Phase {
    case connecting(PostgresLink)
    case subscribing(PostgresLink)
    /// Nothing was asked.
    case listening(PostgresLink)
    /// It was asked whether it is there.
    case asking(PostgresLink)
    case pausing
    case closed
  }

  public private(set) var interest: PostgresPipeline.Interest = []
  /// When ``process(readable:writable:)`` has to be called though nothing is ready, in nanoseconds of
  /// CLOCK_MONOTONIC; nil when closed.
  public private(set) var deadlineNanoseconds: UInt64?
  private let conninfo: String
  private let options: Options
  private let onEvent: (Event) -> Void
  private let subscription: String
  private var phase = Phase.pausing
  private var failuresInARow = 0

  /// Nothing happens before the first ``process(readable:writable:)``, which may be called at once.
  ///
  /// - Parameters:
  ///   - channels: their names as they are; at most 63 bytes each, without NUL.
  ///   - onEvent: called from ``process(readable:writable:)``.
  /// - Throws: if the connection string or the name of a channel cannot be right.
  public init(
    conninfo: String, channels: [String], options: Options = Options(),
    onEvent: @escaping (Event) -> Void
  ) throws(DatabaseError) {
    _ = try ConnectionSettings(conninfo: conninfo)
    var statements: [String] = []
    for channel in channels {
      try requireNoNUL(channel)
      guard (1...63).contains(channel.utf8.count) else {
        throw DatabaseError(.statement, "the name of a channel has 1 to 63 bytes")
      }
      statements.append("LISTEN " + SQLQuoting.identifier(channel))
    }
    self.conninfo = conninfo
    self.options = options
    self.onEvent = onEvent
    subscription = statements.joined(separator: "; ")
    deadlineNanoseconds = Clock.monotonicNanoseconds
  }

  /// The socket; -1 while there is none. It may change: ask after each call.
  public var descriptor: Int32 { link?.descriptor ?? -1 }

  /// The server process of this session, which is also named by its own notifications; nil while
  /// there is none.
  public var serverProcessID: Int32? {
    switch phase {
    case .listening(let link), .asking(let link): PQbackendPID(link.handle)
    default: nil
    }
  }

  /// Does what can be done without waiting, but for the look-up of a host's name when it connects.
  public func process(readable: Bool, writable: Bool) {
    switch phase {
    case .closed: return
    case .pausing: if isOverdue { connect() }
    case .connecting(let link):
      if readable || writable { advance(link) } else if isOverdue { retry(timeout(link)) }
    case .subscribing(let link), .asking(let link):
      receive(link, readable: readable)
      // It may be listening by now.
      if isWaitingForAnswer, isOverdue { retry(timeout(link)) }
    case .listening(let link):
      receive(link, readable: readable)
      if case .listening = phase, isOverdue { ask(link) }
    }
  }

  /// Ends it for good; nothing is called any more.
  public func close() {
    phase = .closed
    interest = []
    deadlineNanoseconds = nil
  }

  private var link: PostgresLink? {
    switch phase {
    case .connecting(let link), .subscribing(let link), .listening(let link), .asking(let link):
      link
    case .pausing, .closed: nil
    }
  }

  private var isOverdue: Bool {
    deadlineNanoseconds.map { Clock.monotonicNanoseconds >= $0 } ?? false
  }

  private var isWaitingForAnswer: Bool {
    switch phase {
    case .subscribing, .asking: true
    default: false
    }
  }

  private func setDeadline(milliseconds: Int) {
    deadlineNanoseconds = Deadline(milliseconds: milliseconds).nanoseconds
  }

  private func connect() {
    do throws(DatabaseError) {
      phase = .connecting(try PostgresLink(conninfo: conninfo))
      interest = .writing
      setDeadline(milliseconds: options.connectTimeoutMilliseconds)
    } catch {
      retry(error)
    }
  }

  private func advance(_ link: PostgresLink) {
    do throws(DatabaseError) {
      switch try link.advance() {
      case .wantsReading: interest = .reading
      case .wantsWriting: interest = .writing
      case .established: send(subscription, link, then: .subscribing(link))
      }
    } catch {
      retry(error)
    }
  }

  private func ask(_ link: PostgresLink) { send("SELECT 1", link, then: .asking(link)) }

  private func send(_ query: String, _ link: PostgresLink, then next: Phase) {
    guard PQsendQuery(link.handle, query) == 1 else {
      return retry(PostgresFailure.lost(link.handle))
    }
    phase = next
    setDeadline(milliseconds: options.answerTimeoutMilliseconds)
    flush(link)
  }

  private func flush(_ link: PostgresLink) {
    switch PQflush(link.handle) {
    case 0: interest = .reading
    case 1: interest = [.reading, .writing]
    default: retry(PostgresFailure.lost(link.handle))
    }
  }

  private func receive(_ link: PostgresLink, readable: Bool) {
    let stillThere = !readable || PQconsumeInput(link.handle) == 1
    var failure: DatabaseError?
    while isWaitingForAnswer, PQisBusy(link.handle) == 0 {
      guard let result = PQgetResult(link.handle) else {
        if failure == nil { answered(link) }
        break
      }
      if PQresultStatus(result) == PGRES_FATAL_ERROR {
        failure = PostgresFailure.error(of: result, on: link.handle)
      }
      PQclear(result)
    }
    while let notification = PQnotifies(link.handle) {
      defer { PQfreemem(notification) }
      if case .closed = phase { return }
      // Each may close the listener.
      onEvent(
        .notification(
          channel: String(cString: notification.pointee.relname),
          payload: String(cString: notification.pointee.extra),
          processID: notification.pointee.be_pid))
    }
    if case .closed = phase { return }
    if let failure { return retry(failure) }
    if !stillThere || PQstatus(link.handle) == CONNECTION_BAD {
      return retry(PostgresFailure.lost(link.handle))
    }
    if readable, !isWaitingForAnswer {
      setDeadline(milliseconds: options.keepaliveMilliseconds)
    }
    flush(link)
  }

  private func answered(_ link: PostgresLink) {
    let isNew = if case .subscribing = phase { true } else { false }
    phase = .listening(link)
    failuresInARow = 0
    setDeadline(milliseconds: options.keepaliveMilliseconds)
    if isNew { onEvent(.connected) }
  }

  private func timeout(_ link: PostgresLink) -> DatabaseError {
    DatabaseError(
      .connectionLost,
      "PostgreSQL at \(link.address) did not answer the listener in time")
  }

  private func retry(_ error: DatabaseError) {
    let growth = min(failuresInARow, 20)
    let pause = min(
      max(1, options.longestPauseMilliseconds), max(1, options.firstPauseMilliseconds) << growth)
    failuresInARow += 1
    phase = .pausing
    interest = []
    setDeadline(milliseconds: Int.random(in: (pause + 1) / 2...pause))
    onEvent(.disconnected(error))
  }
}
