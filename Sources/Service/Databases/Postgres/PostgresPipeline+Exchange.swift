internal import CPostgres
internal import LinuxSystem

/// What goes to libpq and comes from it.
extension PostgresPipeline {
  // MARK: Connecting

  func connect(isReady: Bool) {
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
    var setup = "SELECT set_config('statement_timeout', '\(timeout)', false)"
    // Statements are few and prepared: without this the server plans those anew each time whose arrays
    // are shorter than the ten elements it takes for granted, which costs as much as running them.
    if PQserverVersion(link.handle) >= 120_000 {
      setup += ", set_config('plan_cache_mode', 'force_generic_plan', false)"
    }
    // A plan by which all of a table has to be read counts as costly beyond measure by the settings below,
    // and the server would compile it to machine code: 240 ms to store the first key.
    if PQserverVersion(link.handle) >= 110_000 { setup += ", set_config('jit', 'off', false)" }
    // Plans are kept, and a table that was small when they were made may be large by now: they go by
    // an index wherever one serves. A trigram index serves equality too, but only by bitmap and a
    // hundred times slower, and seems cheap as long as a new table has no statistics.
    setup += ", set_config('enable_bitmapscan', 'off', false)"
    setup += ", set_config('enable_seqscan', 'off', false)"
    let sent = PQsendQueryParams(link.handle, setup, 0, nil, nil, nil, nil, 1)
    finish(.setup, [], sent: sent == 1)
    while !waiting.isEmpty { emit(waiting.removeFirst()) }
  }

  // MARK: Sending

  func emit(_ group: [Request]) {
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
    return request.parameters.bytes.withUnsafeBufferPointer { bytes in
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

  func flush() {
    switch PQflush(link.handle) {
    case 0: interest = .reading
    case 1: interest = [.reading, .writing]
    default: fail(with: PostgresFailure.lost(link.handle))
    }
  }

  // MARK: Receiving

  /// Reads what is there; false when the connection is lost.
  func consume() -> Bool {
    // TLS may keep a part of a record (16 KiB at most) that poll(2) knows nothing of.
    for _ in 0..<(PQsslInUse(link.handle) == 0 ? 1 : 4)
    where PQconsumeInput(link.handle) == 0 { return false }
    return true
  }

  func drain() {
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
      let failure = group.failure.map { failure in
        prepared.reason(of: failure, in: group.requests.map(\.statement))
      }
      for (index, request) in group.requests.enumerated() {
        if let failure {
          request.completion(.failure(failure))
        } else if index < group.answers.count {
          request.completion(.success(group.answers[index]))
        } else {
          request.completion(.failure(PostgresFailure.lost(link.handle)))
        }
      }
    }
  }
}
