internal import Databases
internal import Links
internal import LinuxSystem

/// Work for the thread of a connection.
struct SQLiteJob: Sendable {
  typealias Answer = @Sendable (_ refusal: DatabaseError?) -> Void

  /// Does the work. What it returns answers it once its outcome is certain: with nil, or with why the
  /// transaction it was part of came to nothing. `failure` is the database's, if it failed.
  let perform: @Sendable (SQLiteSession) -> (failure: DatabaseError?, answer: Answer)
  /// Answers it without having done anything.
  let refuse: @Sendable (DatabaseError) -> Void
}

/// Threads with a connection each.
///
/// The one that writes commits what waits together: an fdatasync serves as many links as have come
/// while the one before it took its time. Each job is in a savepoint of its own, so that one that
/// fails takes nothing along; no job is answered before the commit.
final class SQLiteWorker: Sendable {
  private static let groupLimit = 256
  private static let readLimit = 16
  private let queue = JobQueue<SQLiteJob>()
  private let open = ConnectionCount()

  /// The threads take over the connections and close them in the end: the caller keeps none.
  init(_ connections: [SQLiteConnection], writes: Bool) throws(LinkError) {
    for connection in connections {
      let handed = HandedOver(connection)
      open.add()
      let hasStarted = WorkerThread.start { [queue, open] in
        Self.work(queue, handed, writes: writes)
        open.remove()
      }
      guard hasStarted else {
        open.remove()
        queue.close()
        throw .unavailable(reason: "no thread could be started for it", retryAfter: nil)
      }
    }
  }

  /// Gives its connection to the one thread that takes it.
  private final class HandedOver: @unchecked Sendable {
    private var value: SQLiteConnection?

    init(_ value: SQLiteConnection) { self.value = value }

    func take() -> SQLiteConnection? {
      defer { value = nil }
      return value
    }
  }

  func close() { queue.close() }

  /// Returns, after ``close()``, when what was queued is done and the connections are closed.
  func untilEnd() async { await open.untilNone() }

  /// The connection is closed when this returns.
  @inline(never)
  private static func work(_ queue: JobQueue<SQLiteJob>, _ handed: HandedOver, writes: Bool) {
    guard let session = handed.take().map(SQLiteSession.init) else { return }
    if writes { write(queue, session) } else { read(queue, session) }
  }

  /// Has `work` done and waits for it.
  func run<Value: Sendable>(
    _ work: @escaping @Sendable (SQLiteSession) throws -> Value
  ) async throws(LinkError) -> Value {
    let outcome = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<Value, LinkError>, Never>) in
      run(work) { continuation.resume(returning: $0) }
    }
    return try outcome.get()
  }

  /// Has `work` done; `answer` is called once, on the thread that did it.
  func run<Value: Sendable>(
    _ work: @escaping @Sendable (SQLiteSession) throws -> Value,
    _ answer: @escaping @Sendable (Result<Value, LinkError>) -> Void
  ) {
    let job = SQLiteJob(
      perform: { session in
        let result: Result<Value, LinkError>
        var failure: DatabaseError?
        do {
          result = .success(try work(session))
        } catch {
          failure = error as? DatabaseError
          result = .failure(LinkError(error))
        }
        return (failure, { refusal in answer(refusal.map { .failure(LinkError($0)) } ?? result) })
      },
      refuse: { answer(.failure(LinkError($0))) })
    if !queue.append(job) { answer(.failure(.closed)) }
  }

  private static func read(_ queue: JobQueue<SQLiteJob>, _ session: SQLiteSession) {
    while true {
      let jobs = queue.take(upTo: readLimit)
      if jobs.isEmpty { return }
      for job in jobs { job.perform(session).answer(nil) }
    }
  }

  private static func write(_ queue: JobQueue<SQLiteJob>, _ session: SQLiteSession) {
    while true {
      let jobs = queue.take(upTo: groupLimit)
      if jobs.isEmpty { return }
      commit(jobs[...], session)
    }
  }

  private static func commit(_ jobs: ArraySlice<SQLiteJob>, _ session: SQLiteSession) {
    var answers: [SQLiteJob.Answer] = []
    answers.reserveCapacity(jobs.count)
    var rest = jobs
    var refusal: DatabaseError?
    do throws(DatabaseError) {
      try session.run("BEGIN IMMEDIATE")
      while let job = rest.popFirst() {
        let (failure, answer) = job.perform(session)
        answers.append(answer)
        // A full disk or a broken file ends the whole transaction, not only the statement.
        guard session.connection.isInTransaction else {
          throw failure
            ?? DatabaseError(.other, "\(session.connection.path): the transaction was rolled back")
        }
      }
      try session.run("COMMIT")
    } catch {
      refusal = error
      if session.connection.isInTransaction { _ = try? session.run("ROLLBACK") }
    }
    for answer in answers { answer(refusal) }
    // Those whose turn had not come.
    if let refusal {
      for job in rest { job.refuse(refusal) }
    }
  }
}
