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

  public internal(set) var state = State.connecting
  public internal(set) var interest: Interest = .writing
  let link: PostgresLink
  let options: Options
  let connectDeadlineNanoseconds: UInt64
  private var open: [Request] = []
  /// Groups of before the connection was there.
  var waiting: [[Request]] = []
  var queue = Queue()
  var prepared = PreparedStatements()

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
    // PostgreSQL cuts names off at 63 bytes.
    guard statement.name.utf8.count <= 40, !statement.name.utf8.contains(0) else {
      return completion(
        .failure(DatabaseError(.statement, "the name of a statement has at most 40 bytes")))
    }
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
      // What came while the owner was busy elsewhere counts as having come in time.
      let isOverdue = queue.deadlineNanoseconds.map { Clock.monotonicNanoseconds >= $0 } ?? false
      let stillThere = !(readable || isOverdue) || consume()
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

  // MARK: Ending

  var isClosed: Bool {
    if case .closed = state { true } else { false }
  }

  /// Ends everything that is outstanding, in order.
  func fail(with error: DatabaseError) {
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

  static func nanoseconds(_ milliseconds: Int) -> UInt64 {
    UInt64(clamping: max(0, min(milliseconds, 1 << 31))) &* 1_000_000
  }
}
