internal import LinuxSystem
internal import Sampling

/// Which events the kernel grants: each is opened as sampling opens it.
enum EventFindings {
  static func ownProcess(_ grants: Grants) -> Finding {
    switch grants.user {
    case .granted:
      return Finding(.ok, "granted")
    case .refused(let refused):
      return Finding(
        .failed, refused.sentence, expected: "perf_event_open is granted for own processes",
        remedy: Remedy(refused.refusal))
    }
  }

  static func kernelFrames(_ grants: Grants) -> Finding {
    guard grants.counter != nil else { return .withoutEvents }
    switch grants.kernel {
    case .granted:
      return Finding(.ok, "granted")
    case .refused(let refused):
      // What its last line says is no remedy here: to leave the kernel out.
      let lines = refused.refusal.remedies.filter { !$0.contains("--kernel no") }
      let remedy = lines.first.map {
        Remedy($0, needsRoot: true, alternatives: Array(lines.dropFirst()))
      }
      return Finding(
        .warning, refused.sentence,
        expected: "stacks that go on into the kernel, and its time", remedy: remedy)
    }
  }

  static func event(_ grants: Grants) -> Finding {
    switch grants.counter {
    case .cycles: Finding(.ok, "cycles, counted by the CPU's hardware")
    case .cpuClock:
      Finding(.ok, "cpu-clock: no hardware counter answers, as in most virtual machines")
    case .some(.none), nil: .withoutEvents
    }
  }

  static func otherUsers(_ grants: Grants) -> Finding {
    guard grants.counter != nil else { return .withoutEvents }
    var settings = SamplingSettings()
    settings.kernel = .no
    // One that ends meanwhile says nothing; there may be thousands.
    for process in Processes.all().prefix(10_000) {
      guard let status = Processes.status(of: process),
        status.effectiveUser != grants.effectiveUser
      else { continue }
      let owner = Machine.userName(status.effectiveUser)
      do throws(EventProbe.Refused) {
        _ = try EventProbe.open(thread: process, settings: settings)
        return Finding(.ok, "granted, as of process \(process) of \(owner)")
      } catch {
        if !Processes.exists(process) || !error.refusal.isPermission { continue }
        return Finding(
          .warning, "\(error.error.sentence), as for process \(process) of \(owner)",
          expected: "events of any process: CAP_PERFMON", remedy: grants.capabilityRemedy)
      }
    }
    return Finding(.notApplicable, "no process of another user is seen")
  }

  static func wholeCPUs(_ grants: Grants) -> Finding {
    guard grants.counter != nil else { return .withoutEvents }
    do throws(SystemCallError) {
      try EventProbe.open(
        cpu: Machine.onlineCPUs[0],
        settings: SamplingSettings(kernel: grants.seesKernel ? .yes : .no))
      return Finding(.ok, "granted")
    } catch {
      return Finding(
        .notApplicable,
        "\(error.sentence); lynx profile does without: it opens each thread")
    }
  }

  /// What recordings of short runs are made with, and what is sampled if nothing is said.
  private static let usual = 99
  private static let fast = 997

  static func frequency(_ files: SystemFiles, _ grants: Grants) -> Finding {
    guard grants.counter != nil else { return .withoutEvents }
    var refused: EventProbe.Refused?
    for frequency in [fast, usual] {
      do throws(EventProbe.Refused) {
        _ = try EventProbe.open(
          thread: Processes.ownID, settings: SamplingSettings(frequency: frequency, kernel: .no))
        guard let refused else {
          let limit = files.number("/proc/sys/kernel/perf_event_max_sample_rate")
          return Finding(
            .ok,
            "\(frequency) Hz granted"
              + (limit.map { "; kernel.perf_event_max_sample_rate is \($0)" } ?? ""))
        }
        return Finding(
          .warning, "\(frequency) Hz granted, \(fast) Hz refused: \(refused.sentence)",
          expected: "\(fast) Hz, for short recordings", remedy: Remedy(refused.refusal))
      } catch {
        refused = refused ?? error
      }
    }
    return Finding(
      .failed, refused?.sentence ?? "refused", expected: "\(usual) Hz",
      remedy: refused.flatMap { Remedy($0.refusal) })
  }

  /// The kernel's default.
  private static let usualFrames: UInt16 = 127

  static func callChains(_ files: SystemFiles, _ grants: Grants) -> Finding {
    guard grants.counter != nil else { return .withoutEvents }
    let limit = files.number("/proc/sys/kernel/perf_event_max_stack")
    do throws(EventProbe.Refused) {
      // Frame pointers have the kernel follow a process's stack, which an ordinary user may ask for as well.
      _ = try EventProbe.open(
        thread: Processes.ownID,
        settings: SamplingSettings(callGraph: .framePointers, kernel: .no),
        maximumFrames: usualFrames)
      return Finding(.ok, "\(limit ?? Int(usualFrames))")
    } catch {
      return Finding(
        .warning,
        "\(error.sentence)" + (limit.map { "; kernel.perf_event_max_stack is \($0)" } ?? ""),
        expected: "\(usualFrames) frames or more", remedy: Remedy(error.refusal))
    }
  }
}
