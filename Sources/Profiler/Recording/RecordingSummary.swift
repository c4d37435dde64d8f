/// What a recording came to, in figures.
public struct RecordingSummary: Sendable {
  public var samples: Int64 = 0
  /// Samples the kernel dropped because a ring was full.
  public var lost: UInt64 = 0
  /// How often the kernel throttled the event.
  public var throttled: UInt64 = 0
  /// Of the samples with a user stack, those deeper than what was copied of it.
  public var truncatedPercent: Double = 0
  /// Of the samples with a user stack, those whose outermost frame is the entry of a process or
  /// thread.
  public var rootedPercent: Double = 0
  /// Of all user frames of all samples, those without a function's name.
  public var unresolvedPercent: Double = 0
  /// How long was sampled.
  public var durationSeconds: Double = 0
  /// CPU time of this process since it began to record, until now.
  public var profilerCPUSeconds: Double = 0
  /// VmHWM of this process.
  public var peakMemoryBytes: Int64 = 0
  /// The event as people type it.
  public var event = ""
  public var frequency = 0
  /// Frames whose unwinding rule was already known, of all.
  public var ruleCacheHitPercent: Double = 0
  /// Sentences for a person: what could not be had and why.
  public var notes: [String] = []
  /// Modules with unnamed frames, worst first.
  public var unresolved: [UnresolvedModule] = []

  /// A module some of whose frames have no name.
  public struct UnresolvedModule: Sendable {
    public let module: String
    /// Samples with at least one such frame.
    public let samples: Int64
    public let reason: String
  }
}
