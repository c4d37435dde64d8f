internal import LinuxSystem

/// What a recording may be interrupted by, as something to poll.
struct InterruptionSource: ~Copyable {
  private let signals: StopSignals?
  private let wakeUp: WakeUp?
  /// Polls readable when it is to end.
  let pollDescriptor: Int32

  init(_ interruption: RecordingOptions.Interruption) throws(SystemCallError) {
    switch interruption {
    case .signals:
      let signals = try StopSignals()
      pollDescriptor = signals.pollDescriptor
      self.signals = consume signals
      wakeUp = nil
    case .wakeUp(let wakeUp):
      pollDescriptor = wakeUp.descriptor
      self.wakeUp = wakeUp
      signals = nil
    }
  }

  /// What interrupts it, if something does, and whether that was told to the terminal's every process. From
  /// then on signals end this process.
  func take() -> (ending: Recording.Ending, cameFromTerminal: Bool)? {
    if wakeUp != nil { return (.wakeUp, false) }
    guard let signal = signals?.next() else { return nil }
    signals?.restoreDefaults()
    return (.signal(signal.number), signal.cameFromTerminal)
  }
}
