internal import Links
internal import LinuxSystem
internal import Synchronization

/// Brings the clicks of a journal to the database, and those of journals whose processes ended.
final class ClickFlusher: Sendable {
  let core: JournalCore
  let store: any LinkStore
  let recovery: JournalRecovery
  /// One flush after the other.
  private let turns = FlushGate()
  /// Reads of the database, or a batch on its way there.
  private let gate = FlushGate()
  private let record = Mutex(Record())

  struct Record {
    var lastFailure: String?
    var flushedClicks: Int64 = 0
  }

  init(_ core: JournalCore, _ store: any LinkStore, _ recovery: JournalRecovery) {
    self.core = core
    self.store = store
    self.recovery = recovery
  }

  var current: Record { record.withLock { $0 } }

  /// Flushes and recovers until it is cancelled.
  func run(every interval: Duration) async {
    while !Task.isCancelled {
      try? await Task.sleep(for: interval)
      if Task.isCancelled { return }
      do throws(LinkError) {
        let wasFailing = current.lastFailure != nil
        try await flush()
        // What came together while the database was away.
        if wasFailing { try await flush() }
        await recovery.run()
      } catch {
        // Noted; tried again after the interval.
      }
    }
  }

  /// Sends the batch that is on its way already, else the waiting one.
  func flush() async throws(LinkError) {
    try await turn { () throws(LinkError) in
      let batch = core.with { state in
        guard state.onItsWay == nil else { return JournalState.OnItsWay?.none }
        state.drain()
        return state.settle()
      }
      if let batch = batch ?? nil {
        let failure = await WorkerThread.run { [core] in
          Result { () throws(SystemCallError) in try core.synchronize(batch) }
        }
        // The database is told all the same: it is the safer place.
        if case .failure(let error) = failure { recovery.report("\(core.path): \(error)") }
      }
      try await send()
    }
  }

  private func turn(_ body: () async throws(LinkError) -> Void) async throws(LinkError) {
    let result = await turns.flushing { () async -> Result<Void, LinkError> in
      do throws(LinkError) {
        return .success(try await body())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  /// Sends what is on its way, piece by piece.
  private func send() async throws(LinkError) {
    let failure = await gate.flushing { () async -> LinkError? in
      while let chunk = core.with({ [header = core.header] in $0.onItsWay?.nextChunk(header) })
        ?? nil
      {
        do throws(LinkError) {
          if let added = try await store.add(chunk), added < chunk.total {
            recovery.report(
              "\(core.path): \(chunk.total - added) clicks were of links that the database does not "
                + "have, and are dropped; was it restored while this ran?")
          }
        } catch {
          let isUncertain = if case .full = error { false } else { true }
          _ = core.with { $0.onItsWay?.isUncertain = isUncertain }
          return error
        }
        _ = core.with { $0.acknowledgeChunk() }
        record.withLock { $0.flushedClicks &+= chunk.counts.reduce(0) { $0 &+ $1.clicks } }
      }
      return nil
    }
    note(failure)
    if let failure { throw failure }
  }

  /// Tells when the database begins to refuse clicks, and when it takes them again.
  private func note(_ failure: LinkError?) {
    let reason = failure.map { "\($0)" }
    let before = record.withLock { record in
      defer { record.lastFailure = reason }
      return record.lastFailure
    }
    if before == nil, let reason { recovery.tell("\(core.path): clicks wait here: \(reason)") }
    if before != nil, reason == nil {
      recovery.tell("\(core.path): clicks that waited here are in the database")
    }
  }

  /// Reads the database while nothing is on its way there.
  func reading<Value>(_ body: () async throws -> Value) async throws -> Value {
    var takesNothing = false
    while true {
      let value = try await gate.reading { () async throws -> Value? in
        if !takesNothing, core.with({ $0.onItsWay?.isUncertain ?? false }) ?? false { return nil }
        return try await body()
      }
      if let value { return value }
      // Whether the database has a part of it is not known: found out first. One that takes nothing
      // now may still be read.
      do throws(LinkError) {
        try await turn { () throws(LinkError) in try await send() }
      } catch {
        takesNothing = true
      }
    }
  }
}
