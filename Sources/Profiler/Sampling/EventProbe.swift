public import LinuxSystem

/// Asks the kernel for an event as sampling would, and closes it again: whether it is granted, and what
/// refuses it if not.
public enum EventProbe {
  /// What the kernel said, and what that means.
  public struct Refused: Error, Sendable {
    public let error: SystemCallError
    public let refusal: Refusal

    public init(error: SystemCallError, refusal: Refusal) {
      self.error = error
      self.refusal = refusal
    }
  }

  /// One event of a thread, on the first CPU. With ``KernelSampling/auto`` the kernel's part is left out where
  /// it is refused, as it is when sampling.
  ///
  /// - Parameter maximumFrames: the longest call chain; 0 for the kernel's default.
  /// - Returns: what was granted.
  public static func open(
    thread: ProcessID, settings: SamplingSettings, maximumFrames: UInt16 = 0
  ) throws(Refused) -> PerfEventRequest {
    let opening = SessionOpening(target: .threads([thread]), settings: settings)
    do throws(SystemCallError) {
      return try opening.grantedRequest(
        thread: thread, cpu: Machine.onlineCPUs[0], maximumFrames: maximumFrames)
    } catch {
      var request = PerfEventRequest(
        counter: .cpuClock, frequency: UInt64(clamping: settings.frequency), fields: [])
      request.excludeKernel = settings.kernel == .no
      throw Refused(
        error: error,
        refusal: Refusal(error: error, thread: thread, request: request, settings: settings))
    }
  }

  /// One event of a whole CPU, whichever process runs on it.
  public static func open(cpu: Int32, settings: SamplingSettings) throws(SystemCallError) {
    _ = try SessionOpening(target: .threads([]), settings: settings)
      .grantedRequest(thread: -1, cpu: cpu, maximumFrames: 0)
  }
}
