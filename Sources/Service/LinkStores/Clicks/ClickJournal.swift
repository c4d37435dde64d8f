internal import Glibc
public import Links
internal import LinuxSystem

/// Counts clicks so that none is lost when the process ends, however it ends.
///
/// A click is two stores to shared memory, into the ring of its event loop: a file that outlives the
/// process. Every 100 ms a thread takes over what came together (``pending(of:)`` shows it), every
/// 5 s the database is told, with an id that it remembers in the same transaction. What a process
/// left behind that was killed is sent by the next one that starts on the same directory, or is
/// running there: with the same ids, so that the database knows what it has.
///
/// **Kept**: after the end of the process at any moment every click whose ``ClickCounter/count(_:)``
/// had returned, counted once. After a power failure at least those of batches that the database has.
/// **Bounded**: while the database is away, clicks of the same link are added up; the file never grows.
/// Past ``Options/areaLinks`` different links they are in memory only, past ``Options/memoryLinks``
/// those of further links are dropped; ``statistics`` tells of both.
///
/// To be ended by ``close()``, after the last click was counted.
public final class ClickJournal: Sendable {
  public struct Options: Sendable {
    /// Clicks that the ring of an event loop holds, a power of two; 16 bytes each.
    public var ringClicks = 1 << 18
    /// Different links that can wait in the file; 72 bytes each.
    public var areaLinks = 1 << 19
    /// Different links that can wait in memory; about 50 bytes each.
    public var memoryLinks = 1_000_000
    /// Links that are sent in one transaction.
    public var batchLinks = 5_000
    /// How often the database is told.
    public var flushInterval: Duration = .seconds(5)
    /// How old ``ClickJournal/pending(of:)`` may be.
    public var viewMilliseconds: Int32 = 100
    /// Gets a sentence about each journal that could not be recovered, or not wholly, and when the
    /// database begins to refuse clicks or takes them again.
    public var report: @Sendable (String) -> Void = { _ in }
    /// Gets a sentence when clicks of ended processes were recovered: how many, from how many journals.
    public var announce: @Sendable (String) -> Void = { _ in }

    public init() {}
  }

  let core: JournalCore
  let flusher: ClickFlusher
  private let counters: [ClickCounter]
  private let task: Task<Void, Never>

  /// Recovers what ended processes left in `directory`, which is made if need be, and starts a journal
  /// there. It has to be on a disk of this machine; several processes may share it.
  ///
  /// - Parameter loops: how many threads count, at most 256.
  /// - Throws: ``ClickJournalError`` if there can be no journal here, ``LinkError`` if the database
  ///   does not say which one it is or does not advance its ids.
  public init(
    directory: String, loops: Int, store: any LinkStore, options: Options = Options()
  ) async throws {
    let geometry = JournalGeometry(
      rings: loops, slots: options.ringClicks, capacity: options.areaLinks,
      chunk: options.batchLinks)
    guard let geometry else {
      throw ClickJournalError(
        "a click journal for \(loops) event loops with \(options.ringClicks) clicks each and "
          + "\(options.areaLinks) links cannot be laid out")
    }
    var random = SystemRandomNumberGenerator()
    let text = try await store.setting(
      "database-id", orSet: "\(JournalID(using: &random))")
    guard let database = JournalID(text) else {
      throw ClickJournalError("the database's setting database-id is damaged: '\(text)'")
    }
    try await store.advanceIDs()
    let header = JournalHeader(
      geometry: geometry, id: JournalID(using: &random), database: database, key: random.next())
    do throws(SystemCallError) {
      try JournalFile.makeDirectory(directory)
    } catch {
      throw ClickJournalError(error)
    }
    let recovery = JournalRecovery(
      directory: directory, database: database, store: store, report: options.report,
      announce: options.announce)
    // First, so that a disk that is full of it has room for the new one.
    await recovery.run()
    do throws(SystemCallError) {
      core = try JournalCore(
        directory: directory, header: header, memoryLinks: options.memoryLinks)
    } catch {
      throw ClickJournalError(error, making: geometry, in: directory)
    }
    counters = core.rings.map { [core] in ClickCounter(ring: $0, core: core) }
    guard core.startDraining(everyMilliseconds: max(1, options.viewMilliseconds)) else {
      _ = try? core.close()
      throw ClickJournalError("no thread could be started for the click journal")
    }
    let flusher = ClickFlusher(core, store, recovery)
    self.flusher = flusher
    task = Task { await flusher.run(every: options.flushInterval) }
  }

  deinit {
    task.cancel()
    core.abandon()
  }

  /// What the thread of an event loop counts with, and no other thread.
  public func counter(forLoop index: Int) -> ClickCounter { counters[index] }

  /// Clicks of a link that the database had not acknowledged 100 ms ago.
  public func pending(of linkID: Int64) -> Int64 {
    core.with { $0.pending(of: linkID) } ?? 0
  }

  /// Runs `read` while no clicks are on their way to the database: each is then either in what `read`
  /// finds there or in ``pending(of:)``. If it is not known whether the database has the last ones, since
  /// an answer was lost, they are sent again first; as long as the database can be read and takes
  /// nothing, they are taken for pending. Throws what `read` throws. `read` may not flush.
  public func whileSettled<Value>(_ read: () async throws -> Value) async throws -> Value {
    try await flusher.reading(read)
  }

  /// Sends what there is, without waiting for the interval.
  public func flush() async throws(LinkError) { try await flusher.flush() }

  /// Sends what was counted and removes the file. If the database cannot be told, throws why; the file
  /// stays for the next start. No click may be counted meanwhile or after. Idempotent.
  public func close() async throws {
    task.cancel()
    await task.value
    var failure: LinkError?
    do throws(LinkError) {
      repeat {
        try await flusher.flush()
      } while core.with { $0.pendingClicks > 0 } ?? false
    } catch {
      failure = error
    }
    let left: Int64
    do throws(SystemCallError) {
      left = try core.close()
    } catch {
      throw ClickJournalError(error)
    }
    if left > 0 {
      throw ClickJournalError(
        "\(left) clicks stay in \(core.path) and are counted with the next start"
          + (failure.map { ": \($0)" } ?? ""))
    }
  }
}

/// Why there is no click journal, or what became of it: one sentence.
public struct ClickJournalError: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }

  init(_ error: SystemCallError) {
    self.init("the click journal cannot be kept: \(error)")
  }

  /// A file that has all its room from the start may find none.
  init(_ error: SystemCallError, making geometry: JournalGeometry, in directory: String) {
    guard [ENOSPC, EDQUOT].contains(error.code) else {
      self.init(error)
      return
    }
    let megabytes = (geometry.words * 8 + 999_999) / 1_000_000
    self.init(
      "the click journal needs \(megabytes) MB in \(directory), which has no room for it: make room "
        + "there, or choose another directory with --journal-dir")
  }
}
