public import LinuxSystem

/// Why sampling could not begin.
public enum SamplingError: Error, Sendable {
  /// The kernel refused the events.
  case refused(Refusal)
  /// No process (or thread) has that id.
  case noSuchTarget(ProcessID, isThread: Bool)
  /// The id given for a process is that of a thread of another.
  case threadNotProcess(ProcessID, of: ProcessID)
  /// Everything that was to be sampled ended before its events were open.
  case targetEnded(SamplingTarget)
}
