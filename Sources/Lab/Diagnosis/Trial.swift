internal import LinuxSystem
internal import Synchronization

/// One check being tried on a thread of its own.
final class Trial: Sendable {
  let index: Int
  let check: Check
  private let state = Mutex(State())

  private struct State {
    var startedAt: UInt64 = 0
    var finding: Finding?
    var endedAt: UInt64 = 0
    var wakeUp: WakeUp?
  }

  init(index: Int, check: Check) {
    self.index = index
    self.check = check
  }

  func start() {
    let wakeUp = try? WakeUp()
    state.withLock { state in
      state.startedAt = Clock.monotonicNanoseconds
      state.wakeUp = wakeUp
    }
    // Without a thread or a descriptor for it, here and now: the deadline cannot be kept then.
    guard wakeUp != nil, WorkerThread.start({ self.tryOut() }) else { return tryOut() }
  }

  private func tryOut() {
    var finding = check.probe().blamedOnOpenFiles()
    finding.remedy = finding.remedy?.runnable
    state.withLock { state in
      state.finding = finding
      state.endedAt = Clock.monotonicNanoseconds
      state.wakeUp?.signal()
    }
  }

  /// Waits for the end of the trial, or of its time.
  func result() -> Diagnosis.Result {
    let (seconds, attoseconds) = check.deadline.components
    let deadline =
      UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000)
    while true {
      let (finding, startedAt, endedAt, wakeUp) = state.withLock { state in
        (state.finding, state.startedAt, state.endedAt, state.wakeUp)
      }
      if let finding {
        return .init(
          check: check, finding: finding,
          duration: .nanoseconds(Int64(clamping: endedAt &- startedAt)))
      }
      let passed = Clock.monotonicNanoseconds &- startedAt
      guard passed < deadline, let wakeUp else {
        return .init(
          check: check,
          finding: Finding(
            .warning, "no answer within \(deadline / 1_000_000) ms", expected: "an answer"),
          duration: .nanoseconds(Int64(clamping: passed)))
      }
      _ = waitForReadable(
        [wakeUp.descriptor],
        timeoutMilliseconds: Int32(clamping: (deadline - passed) / 1_000_000 + 1))
    }
  }
}
