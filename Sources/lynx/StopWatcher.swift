import LinuxSystem
import Terminal

/// Signals that ask for an end, for code that is handed around. To be made before any thread is started.
final class StopWatcher {
  private let signals: StopSignals
  private var isStopped = false

  init() throws(CommandError) {
    do throws(SystemCallError) {
      signals = try StopSignals()
    } catch {
      throw CommandError(.failed, "signals cannot be waited for: \(error)")
    }
  }

  /// Whether somebody has asked for the end.
  func isStopWanted() -> Bool {
    if !isStopped, signals.next() != nil {
      isStopped = true
      // A second one ends it at once.
      signals.restoreDefaults()
    }
    return isStopped
  }
}
