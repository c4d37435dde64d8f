internal import CPostgres
internal import Glibc
internal import LinuxSystem

/// A connection on which many requests are under way at once, driven by its owner's thread: wait for
/// ``descriptor`` to be ready for what ``interest`` names, then call ``process(readable:writable:)``.
/// Nothing here waits, except that the host's name is looked up when it is made.
///
/// Requests are gathered by ``send(_:_:completion:)`` into a group that ``sync()`` sends off. A group
/// is one transaction: it is done as a whole or, with one error for each of its requests, not at all.
/// Groups do not affect each other. Completions are called in the order of the requests, each exactly
/// once, with success only when its group is committed.
public final class PostgresPipeline {
  public typealias Completion = (Result<PostgresRows, DatabaseError>) -> Void

  public enum State: Sendable, Equatable {
    case connecting, ready
    /// For good: the owner makes another one.
    case closed(DatabaseError)
  }

  public struct Interest: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let reading = Interest(rawValue: 1)
    public static let writing = Interest(rawValue: 2)
  }

  public struct Options: Sendable, Equatable {
    public var connectTimeoutMilliseconds = 5_000
    /// How long the server lets a statement run before it ends it as ``DatabaseError/Kind/busy``; 0
    /// for as long as it likes.
    public var statementTimeoutMilliseconds = 5_000
    /// How much later than that the oldest group may be before the connection is closed.
    public var graceMilliseconds = 2_000

    public init() {}
  }

  struct Request {
    let statement: PostgresStatement
    let parameters: EncodedParameters
    let completion: Completion
  }
  typealias Queue = PipelineQueue<Request, PostgresRows>

  public private(set) var state = State.connecting
  public private(set) var interest: Interest = .writing
  private let link: PostgresLink
  private let options: Options
  private let connectDeadlineNanoseconds: UInt64
  private var open: [Request] = []
  /// Groups of before the connection was there.
  private var waiting: [[Request]] = []
  private var queue = Queue()
  private var prepared = PreparedStatements()

  public init(conninfo: String, options: Options = Options()) throws(DatabaseError) {
    self.options = options
    link = try PostgresLink(conninfo: conninfo)
    connectDeadlineNanoseconds =
      Clock.monotonicNanoseconds &+ Self.nanoseconds(options.connectTimeoutMilliseconds)
  }

  deinit { fail(with: Self.closedByOwner(link.address)) }

  /// The socket; -1 when closed. It may change while connecting: ask after each call.
  public var descriptor: Int32 { isClosed ? -1 : link.descriptor }

  /// `host:port`, or the path of the socket.
  public var address: String { link.address }

  /// How many requests were sent or gathered and are not over.
  public var outstandingCount: Int {
    queue.requestCount + open.count + waiting.reduce(0) { $0 + $1.count }
  }

  /// When ``process(readable:writable:)`` has to be called though nothing is ready, in nanoseconds of
  /// CLOCK_MONOTONIC; nil if there is no such time.
  public var deadlineNanoseconds: UInt64? {
    switch state {
    case .connecting: connectDeadlineNanoseconds
    case .ready: queue.deadlineNanoseconds
    case .closed: nil
    }
  }

  /// Adds a request to the group that ``sync()`` will send.
  ///
  /// - Parameter completion: called later, from a call of ``process(readable:writable:)``,
  ///   ``sync()`` or ``close()``, or at once when the pipeline is closed or the parameters do not fit
  ///   the statement, which leaves the group as it was.
  public func send(
    _ statement: PostgresStatement, _ parameters: [PostgresParameter] = [],
    completion: @escaping Completion
  ) {
    if case .closed(let error) = state { return completion(.failure(error)) }
    do throws(DatabaseError) {
      try requireNoNUL(statement.sql)
      let encoded = try EncodedParameters(parameters, for: statement)
      open.append(Request(statement: statement, parameters: encoded, completion: completion))
    } catch {
      completion(.failure(error))
    }
  }

  /// Ends the group: it is sent off, and committed when all of it succeeded.
  public func sync() {
    guard !open.isEmpty else { return }
    let group = open
    open = []
    switch state {
    case .connecting: waiting.append(group)
    case .ready: emit(group)
    case .closed(let error): for request in group { request.completion(.failure(error)) }
    }
  }

  /// Does what can be done without waiting: goes on connecting, sends, reads and completes requests;
  /// closes the connection when it is overdue.
  public func process(readable: Bool, writable: Bool) {
    switch state {
    case .connecting: connect(isReady: readable || writable)
    case .ready:
      let stillThere = !readable || consume()
      drain()
      if isClosed { return }
      if !stillThere || PQstatus(link.handle) == CONNECTION_BAD {
        return fail(with: PostgresFailure.lost(link.handle))
      }
      flush()
      if let deadline = queue.deadlineNanoseconds, Clock.monotonicNanoseconds >= deadline {
        fail(
          with: DatabaseError(
            .connectionLost,
            "PostgreSQL at \(address) did not answer in time and the connection was given up"))
      }
    case .closed: break
    }
  }

  /// Closes the connection; what is outstanding ends with ``DatabaseError/Kind/connectionLost``.
  public func close() { fail(with: Self.closedByOwner(address)) }

  // MARK: Connecting

  private func connect(isReady: Bool) {
    do throws(DatabaseError) {
      if isReady {
        switch try link.advance() {
        case .wantsReading: interest = .reading
        case .wantsWriting: interest = .writing
        case .established: return established()
        }
      }
      if Clock.monotonicNanoseconds >= connectDeadlineNanoseconds {
        throw ConnectionRefusal.timeout(
          link.handle, milliseconds: options.connectTimeoutMilliseconds)
      }
    } catch {
      fail(with: error)
    }
  }

  private func established() {
    guard PQenterPipelineMode(link.handle) == 1 else {
      return fail(with: PostgresFailure.lost(link.handle))
    }
    state = .ready
    let timeout = max(0, min(options.statementTimeoutMilliseconds, Int(Int32.max)))
    let sent = PQsendQueryParams(
      link.handle, "SET statement_timeout = \(timeout)", 0, nil, nil, nil, nil, 1)
    finish(.setup, [], sent: sent == 1)
    let groups = waiting
    waiting = []
    for group in groups { emit(group) }
  }

  // MARK: Sending

  private func emit(_ group: [Request]) {
    // Statements are prepared in groups of their own: neither does a request that fails take the
    // preparation of another's statement with it, nor the reverse.
    for request in group {
      guard !isClosed, let name = prepared.nameToPrepare(request.statement) else { continue }
      for stale in prepared.takeStaleNames(request.statement) {
        let sent = PQsendQueryParams(
          link.handle, "DEALLOCATE " + SQLQuoting.identifier(stale), 0, nil, nil, nil,
          nil, 1)
        finish(.cleanup, [], sent: sent == 1)
      }
      if isClosed { break }
      let types = request.statement.parameterTypes.map { Oid($0.objectID) }
      let sent = PQsendPrepare(
        link.handle, name, request.statement.sql, Int32(types.count), types)
      finish(.preparation(statement: request.statement.name), [], sent: sent == 1)
    }
    var sent = true
    for request in group where sent && !isClosed { sent = send(request) }
    finish(.work, group, sent: sent)
  }

  private func send(_ request: Request) -> Bool {
    let ranges = request.parameters.ranges
    let lengths = ranges.map { Int32(clamping: $0?.count ?? 0) }
    let formats = [Int32](repeating: 1, count: ranges.count)
    // One byte more: libpq takes a missing address for NULL, also for an empty value.
    return (request.parameters.bytes + [0]).withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { bytes in
        let values = ranges.map { range in
          range.flatMap { range in bytes.baseAddress.map { $0 + range.lowerBound } }
        }
        return PQsendQueryPrepared(
          link.handle, prepared.name(of: request.statement), Int32(ranges.count), values, lengths,
          formats, 1) == 1
      }
    }
  }

  /// Puts the sync point behind a group.
  private func finish(_ purpose: Queue.Purpose, _ requests: [Request], sent: Bool) {
    if case .closed(let error) = state {
      for request in requests { request.completion(.failure(error)) }
      return
    }
    // Before anything can fail, so that each of them is told.
    let each = Self.nanoseconds(options.statementTimeoutMilliseconds)
    let allowance =
      each == 0
      ? UInt64.max / 2
      : UInt64(max(1, requests.count)) &* each &+ Self.nanoseconds(options.graceMilliseconds)
    queue.append(
      Queue.Group(purpose: purpose, requests: requests, allowanceNanoseconds: allowance),
      now: Clock.monotonicNanoseconds)
    guard sent, PQpipelineSync(link.handle) == 1 else {
      return fail(with: PostgresFailure.lost(link.handle))
    }
    flush()
  }

  private func flush() {
    switch PQflush(link.handle) {
    case 0: interest = .reading
    case 1: interest = [.reading, .writing]
    default: fail(with: PostgresFailure.lost(link.handle))
    }
  }

  // MARK: Receiving

  /// Reads what is there; false when the connection is lost.
  private func consume() -> Bool {
    // TLS may keep a part of a record (16 KiB at most) that poll(2) knows nothing of.
    for _ in 0..<(PQsslInUse(link.handle) == 0 ? 1 : 4)
    where PQconsumeInput(link.handle) == 0 { return false }
    return true
  }

  private func drain() {
    var ends = 0
    // Two ends in a row: there is nothing more at present.
    while !isClosed, !queue.isEmpty, ends < 2, PQisBusy(link.handle) == 0 {
      guard let result = PQgetResult(link.handle) else {
        ends += 1
        continue
      }
      ends = 0
      guard let event = event(result) else {
        return fail(with: PostgresFailure.lost(link.handle))
      }
      if let group = queue.receive(event, now: Clock.monotonicNanoseconds) { complete(group) }
    }
  }

  /// What a result says; nil if the connection is lost or something unexpected came.
  private func event(_ result: OpaquePointer) -> Queue.Event? {
    switch PQresultStatus(result) {
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
      return .answer(PostgresRows(owning: result))
    default: break
    }
    defer { PQclear(result) }
    switch PQresultStatus(result) {
    case PGRES_PIPELINE_SYNC: return .sync
    case PGRES_PIPELINE_ABORTED: return .aborted
    case PGRES_FATAL_ERROR where PostgresFailure.field(result, .state) != nil:
      return .failure(PostgresFailure.error(of: result, on: link.handle))
    default: return nil
    }
  }

  private func complete(_ group: Queue.Group) {
    switch group.purpose {
    case .cleanup: break
    case .setup:
      if let failure = group.failure { fail(with: failure) }
    case .preparation(let name): prepared.finished(name, failure: group.failure)
    case .work:
      for (index, request) in group.requests.enumerated() {
        if let failure = group.failure {
          request.completion(.failure(prepared.reason(of: failure, request.statement)))
        } else if index < group.answers.count {
          request.completion(.success(group.answers[index]))
        } else {
          request.completion(.failure(PostgresFailure.lost(link.handle)))
        }
      }
    }
  }

  // MARK: Ending

  private var isClosed: Bool {
    if case .closed = state { true } else { false }
  }

  /// Ends everything that is outstanding, in order.
  private func fail(with error: DatabaseError) {
    if isClosed { return }
    let wasConnecting = state == .connecting
    state = .closed(error)
    interest = []
    let descriptor = link.descriptor
    if descriptor >= 0 { shutdown(descriptor, Int32(SHUT_RDWR)) }
    var lost = error
    // While connecting nothing was sent, so that the reason itself may be told.
    if !wasConnecting { lost.kind = .connectionLost }
    let rest = queue.removeAll().flatMap(\.requests) + waiting.flatMap { $0 } + open
    waiting = []
    open = []
    for request in rest { request.completion(.failure(lost)) }
  }

  private static func closedByOwner(_ address: String) -> DatabaseError {
    DatabaseError(.connectionLost, "the connection to PostgreSQL at \(address) was closed")
  }

  private static func nanoseconds(_ milliseconds: Int) -> UInt64 {
    UInt64(clamping: max(0, min(milliseconds, 1 << 31))) &* 1_000_000
  }
}
