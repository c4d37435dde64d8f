public import Links
internal import LinuxSystem
internal import Synchronization

/// Keeps a node's cache true to what others make of the links: other nodes on the same database, and
/// writers that know nothing of Lynx.
///
/// Two things together. The store is asked for changes again and again, in overlapping windows
/// (``ChangeWindow``), so that none is missed whatever becomes of messages: within half a second a
/// change is known. And the store's hints (NOTIFY on PostgreSQL, `data_version` on SQLite) make that
/// some milliseconds for most. Where changes may have been missed after all (the first answer, a listener that
/// has connected again, answers that failed to come, a clock set back), the whole cache is
/// forgotten, but not before the store answers again: without it, what is cached is all there is.
public final class LinkChangeFeed: Sendable {
  public struct Options: Sendable, Equatable {
    /// Pause between two questions.
    public var pauseMilliseconds = 400
    /// The same while every commit is told by a hint.
    public var longPauseMilliseconds = 2_000
    /// After how long without an answer the cache is forgotten with the next.
    public var silenceMilliseconds = 10_000

    public init() {}
  }

  /// What became of it, for metrics.
  public struct Statistics: Sendable, Equatable {
    /// When the store answered last, in nanoseconds of CLOCK_MONOTONIC; nil before it did.
    public var lastContactNanoseconds: UInt64?
    public var answers = 0
    public var failures = 0
    /// The last reason why there was no answer or no hint.
    public var lastFailure: String?
    /// Changes told by hints and by answers; a change may be told many times.
    public var hints = 0
    public var changes = 0
    /// How often the whole cache was forgotten.
    public var forgotten = 0
    /// How often hints began to come, for the first time or again.
    public var connections = 0
    public var isHearingHints = false

    public init() {}
  }

  /// Whether the store answers, told when that changes.
  public enum Contact: Sendable, Equatable {
    case lost(reason: String)
    /// Since the first question that had no answer.
    case regained(afterNanoseconds: UInt64)
  }

  private struct State {
    var statistics = Statistics()
    var hints: (any ChangeHints)?
    var task: Task<Void, Never>?
    var isClosed = false
  }

  private let store: any LinkStore
  private let cache: LinkCache
  private let options: Options
  private let report: @Sendable (Contact) -> Void
  private let alarm = Alarm()
  private let state = Mutex(State())

  public init(
    store: any LinkStore, cache: LinkCache, options: Options = Options(),
    report: @escaping @Sendable (Contact) -> Void = { _ in }
  ) {
    self.store = store
    self.cache = cache
    self.options = options
    self.report = report
  }

  /// Begins, and goes on until ``close()``. The store need not answer yet.
  public func start() throws(LinkError) {
    let hints = try store.hints { [weak self] in self?.take($0) }
    let isStarted = state.withLock { state in
      if state.isClosed || state.task != nil { return false }
      state.hints = hints
      state.task = Task { await run(areHintsComplete: hints.areComplete) }
      return true
    }
    if !isStarted { hints.end() }
  }

  /// The cache is not touched after it. Idempotent.
  public func close() async {
    let (hints, task) = state.withLock { state in
      state.isClosed = true
      return (state.hints, state.task)
    }
    hints?.end()
    alarm.ring()
    await task?.value
  }

  public var statistics: Statistics { state.withLock { $0.statistics } }

  // MARK: Hints

  private func take(_ hint: ChangeHint) {
    if isClosed { return }
    switch hint {
    case .changed(let code, let version):
      cache.invalidate(code, version: version)
      count { $0.hints += 1 }
    case .changes:
      count { $0.hints += 1 }
      alarm.ring()
    case .anything:
      cache.invalidateAll()
      count {
        $0.forgotten += 1
        if !$0.isHearingHints { $0.connections += 1 }
        $0.isHearingHints = true
      }
      alarm.ring()
    case .silence(let reason):
      count {
        $0.isHearingHints = false
        $0.lastFailure = reason
      }
    }
  }

  // MARK: Questions

  private func run(areHintsComplete: Bool) async {
    var window = ChangeWindow()
    // The versions of the last answer: what it told need not be told again.
    var known: [CodeKey: Int64] = [:]
    var lostAt: UInt64?
    while !isClosed {
      let start = Clock.monotonicNanoseconds
      let silence = UInt64(clamping: options.silenceMilliseconds) &* 1_000_000
      if let last = statistics.lastContactNanoseconds, start > last &+ silence { window.restart() }
      let failure = await ask(&window, &known)
      if isClosed { return }
      if let failure, lostAt == nil {
        lostAt = start
        report(.lost(reason: failure.description))
      } else if failure == nil, let lost = lostAt.take() {
        report(.regained(afterNanoseconds: Clock.monotonicNanoseconds &- lost))
      }
      // However many changes there are, asking for them takes a quarter of a connection at most.
      let spent = Clock.monotonicNanoseconds - start
      await Self.sleep(nanoseconds: min(3 * spent, 2_000_000_000))
      if isClosed { return }
      let pause =
        areHintsComplete && statistics.isHearingHints
        ? options.longPauseMilliseconds : options.pauseMilliseconds
      await alarm.wait(for: .milliseconds(pause))
    }
  }

  /// Why there was no answer; nil if there was one.
  private func ask(
    _ window: inout ChangeWindow, _ known: inout [CodeKey: Int64]
  ) async -> LinkError? {
    let second = Int64(Clock.monotonicNanoseconds / 1_000_000_000)
    do throws(LinkError) {
      let answer = try await store.changes(since: window.since)
      if isClosed { return nil }
      let isWhole = window.advance(to: answer.clock, at: second)
      var told: [CodeKey: Int64] = [:]
      told.reserveCapacity(answer.changes.count)
      for change in answer.changes {
        let key = CodeKey(text: change.code)
        told[key] = change.version
        if isWhole, known[key] != change.version {
          cache.invalidate(change.code, version: change.version)
        }
      }
      known = told
      if !isWhole { cache.invalidateAll() }
      count {
        $0.lastContactNanoseconds = Clock.monotonicNanoseconds
        $0.answers += 1
        $0.changes += answer.changes.count
        if !isWhole { $0.forgotten += 1 }
      }
      return nil
    } catch {
      count {
        $0.failures += 1
        $0.lastFailure = error.description
      }
      return error
    }
  }

  private static func sleep(nanoseconds: UInt64) async {
    if nanoseconds > 0 { try? await Task.sleep(for: .nanoseconds(Int64(nanoseconds))) }
  }

  private var isClosed: Bool { state.withLock { $0.isClosed } }

  private func count(_ change: (inout Statistics) -> Void) {
    state.withLock { change(&$0.statistics) }
  }
}
