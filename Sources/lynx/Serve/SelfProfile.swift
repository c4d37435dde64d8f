import LinkAPI
import LinuxSystem
import Profiles
import Recording
import Sampling
import Terminal

/// Profiles that the service takes of itself: where the profiler and the service meet, which know nothing of
/// each other.
enum SelfProfile {
  /// Records on a thread of its own, which is sampled like all others; see `ProfileTaking`.
  static func take(_ request: ProfileRequest) async throws -> [UInt8] {
    let end: WakeUp
    do throws(SystemCallError) {
      end = try WakeUp()
    } catch {
      throw ProfileRefusal("the profile cannot begin: \(error)")
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        do throws(SystemCallError) {
          try SystemThread.start(named: "lynx-profiler") {
            continuation.resume(with: Result { try record(request, until: end) })
          }
        } catch {
          continuation.resume(throwing: ProfileRefusal("the profile cannot begin: \(error)"))
        }
      }
    } onCancel: {
      end.signal()
    }
  }

  private static func record(_ request: ProfileRequest, until end: WakeUp) throws -> [UInt8] {
    var options = RecordingOptions(
      target: .ownProcess, sampling: SamplingSettings(frequency: request.hertz),
      duration: .seconds(request.seconds), recorder: Lynx.version)
    options.interruption = .wakeUp(end)
    do {
      let recording = try Recording(options)
      // Nobody waits for what is given up: it needs no names.
      if try recording.run(progress: { _ in }) == .wakeUp { throw CancellationError() }
      var profile = recording.result().profile
      // `go tool pprof` asks the server it has a profile from for the names of a file that is said to have none
      // (`/debug/pprof/symbol`), and gives the whole profile up when that does not know them either.
      for index in profile.mappings.indices { profile.mappings[index].hasFunctions = true }
      return try PprofFormat.encode(profile)
    } catch let error as RecordingError {
      throw ProfileRefusal(CommandError(error).message)
    } catch let error as ProfileFormatError {
      throw ProfileRefusal("the profile cannot be written: \(error)")
    }
  }
}
