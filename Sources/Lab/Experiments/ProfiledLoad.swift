internal import LinuxSystem
public import LoadResults
public import LoadTesting
public import Recording
internal import Synchronization

/// A server profiled while it is loaded: load first, then, when that goes steadily, the recording.
public struct ProfiledLoad: Sendable {
  /// What came of it.
  public struct Outcome: Sendable {
    public let load: LoadResult
    public let recording: Recording.Result
    /// Whether somebody ended it early.
    public let isInterrupted: Bool
    public let profilerCPUSeconds: Double
    /// When the recording stopped (CLOCK_MONOTONIC, ns).
    public let stopNanoseconds: UInt64
  }

  /// Why there is nothing.
  public enum Failure: Error, Sendable {
    case load(LoadError)
    case recording(RecordingError)
  }

  private let load: LoadSettings
  private let options: RecordingOptions
  private let steadyAfter: Duration

  /// - Parameters:
  ///   - load: of the server; without a duration it goes on until the recording has ended.
  ///   - options: whose target is the server, with a duration.
  ///   - steadyAfter: how long the server is loaded before anything counts.
  public init(load: LoadSettings, options: RecordingOptions, steadyAfter: Duration) {
    self.load = load
    self.options = options
    self.steadyAfter = steadyAfter
  }

  /// Loads, records and names; to be called by the thread that made the process's ``StopSignals``, which
  /// the recording hears as well.
  ///
  /// - Parameter progress: called some times a second while it records.
  /// - Throws: ``Failure``.
  public func run(progress: (Recording.Progress) -> Void) throws(Failure) -> Outcome {
    var settings = load
    settings.warmup = steadyAfter
    let running: LoadRun
    do throws(LoadError) {
      running = try LoadRun(settings)
    } catch {
      throw .load(error)
    }
    let result = ResultBox()
    let ended: WakeUp
    do throws(SystemCallError) {
      ended = try WakeUp()
      try SystemThread.start(named: "load") {
        do throws(LoadError) {
          result.set(.success(try running.run()))
        } catch {
          result.set(.failure(error))
        }
        ended.signal()
      }
    } catch {
      throw .recording(.system(error))
    }
    func stopLoad() throws(Failure) -> LoadResult {
      running.stop()
      _ = waitForReadable([ended.descriptor], timeoutMilliseconds: -1)
      switch result.value {
      case .success(let load)?: return load
      case .failure(let error)?: throw .load(error)
      case nil: throw .load(LoadError(.system, "the load ended without a result"))
      }
    }
    // If the load ends by itself, it has failed: that is told in the end.
    let steadyAt =
      Clock.monotonicNanoseconds &+ UInt64(clamping: steadyAfter.milliseconds) &* 1_000_000
    // Whoever wants to stop does not wait for the load to go steadily; the recording hears of it at once.
    while Clock.monotonicNanoseconds < steadyAt, !StopSignals.isPending,
      waitForReadable([ended.descriptor], timeoutMilliseconds: 20).isEmpty
    {}
    let recording: Recording
    let ending: Recording.Ending
    do throws(RecordingError) {
      recording = try Recording(options)
      ending = try recording.run(progress: progress)
    } catch {
      _ = try? stopLoad()
      throw .recording(error)
    }
    var isInterrupted = false
    if case .signal = ending { isInterrupted = true }
    if load.duration != nil, !isInterrupted {
      // It ends by itself at about the same time.
      _ = waitForReadable([ended.descriptor], timeoutMilliseconds: -1)
    }
    let load = try stopLoad()
    return Outcome(
      load: load, recording: recording.result(), isInterrupted: isInterrupted,
      profilerCPUSeconds: recording.profilerCPUSeconds,
      stopNanoseconds: recording.stopNanoseconds)
  }
}

/// What a load that ran on another thread came to.
private final class ResultBox: Sendable {
  private let stored = Mutex(Result<LoadResult, LoadError>?.none)

  func set(_ result: Result<LoadResult, LoadError>) { stored.withLock { $0 = result } }

  var value: Result<LoadResult, LoadError>? { stored.withLock { $0 } }
}

extension Duration {
  fileprivate var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
