public import LinuxSystem

/// What is sampled.
public enum SamplingTarget: Sendable, Equatable {
  /// Running processes: all their threads, their descendants, and what they start.
  case processes([ProcessID])
  /// Single threads, without what they start.
  case threads([ProcessID])
  /// A child that is held and runs when its events exist.
  case heldChild(ProcessID)
}

/// How user stacks are found.
public enum CallGraph: Sendable, Equatable {
  /// Registers and this many bytes of the stack are copied with each sample and unwound by
  /// call-frame information.
  case stackCopy(bytes: Int)
  /// The kernel follows frame pointers.
  case framePointers
}

/// Whether kernel frames and time in the kernel are recorded.
public enum KernelSampling: String, Sendable, CaseIterable {
  /// Yes, if this user may.
  case auto
  case yes
  case no
}

/// How to sample.
public struct SamplingSettings: Sendable, Equatable {
  /// Samples per second of CPU time of each thread.
  public var frequency: Int
  public var callGraph: CallGraph
  public var kernel: KernelSampling

  public init(
    frequency: Int = 99, callGraph: CallGraph = .stackCopy(bytes: 16_384),
    kernel: KernelSampling = .auto
  ) {
    self.frequency = frequency
    self.callGraph = callGraph
    self.kernel = kernel
  }
}
