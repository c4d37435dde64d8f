public import LinuxSystem

/// What makes the samples of a recording, as the kernel granted it.
public struct SampledEvent: Sendable {
  /// As people type it, or know it.
  public var name: String
  /// Whether periods are nanoseconds.
  public var isClock: Bool
  /// Samples per second of CPU time of each thread.
  public var frequency: Int
  /// Whether stacks go on into the kernel.
  public var hasKernelFrames: Bool
  /// Whether time in the kernel makes samples.
  public var countsKernelTime: Bool
  /// How much of the stack is copied with each.
  public var stackBytes: Int
}

/// Samples of a target while it runs: from perf events, or from timers.
public protocol SampleSource: AnyObject {
  var event: SampledEvent { get }
  /// Sentences for a person: what was asked for and could not be had.
  var notes: [String] { get }
  /// Samples that were dropped because there was no room for them.
  var lost: UInt64 { get }
  /// How often the kernel throttled it.
  var throttled: UInt64 { get }
  /// The threads that there were when it was opened.
  var initialThreads: Set<ProcessID> { get }
  /// Poll readable when it is time to drain, which is at least every so often.
  var pollDescriptors: [Int32] { get }
  var drainMilliseconds: Int32 { get }

  /// Hands out every record older than `horizon` (CLOCK_MONOTONIC), in order of time.
  func drain(until horizon: UInt64, into visitor: some SampleVisitor)

  /// Stops sampling; what there is can still be drained.
  func stop()
}
