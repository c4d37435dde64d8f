import LinuxSystem
import LoadResults
import TestSupport
import Testing

@testable import LoadTesting

/// A load of one kind of request, run on a thread of its own.
struct Loading {
  var settings: LoadSettings

  /// How long something may take that has to end by itself: machines are busy.
  static let slackSeconds = 10.0

  init(
    _ url: String, _ request: RequestDescription? = nil, keepsAlive: Bool = true,
    expectation: RequestPlan.Expectation = .init(), lines: [String] = []
  ) throws {
    let target = try LoadTarget(url)
    var composer = RequestComposer(target: target, keepsAlive: keepsAlive) { _ in lines }
    var description = RequestDescription()
    description.path = target.path
    let template = try composer.template(of: request ?? description)
    settings = LoadSettings(
      target: target,
      plan: RequestPlan([.init(template, expectation: expectation)], lists: composer.lists),
      name: "test")
    settings.connections = 4
    settings.timeout = .seconds(30)
  }

  init(
    _ server: ScriptedServer, path: String = "/", _ request: RequestDescription? = nil,
    keepsAlive: Bool = true, expectation: RequestPlan.Expectation = .init(), lines: [String] = []
  ) throws {
    try self.init(
      "http://127.0.0.1:\(server.port)\(path)", request, keepsAlive: keepsAlive,
      expectation: expectation, lines: lines)
  }

  /// A number of requests, without a time.
  func requests(_ count: Int, threads: Int = 1, connections: Int = 4) -> Loading {
    var other = self
    other.settings.duration = nil
    other.settings.requests = count
    other.settings.threads = threads
    other.settings.connections = connections
    return other
  }

  func duration(_ duration: Duration) -> Loading {
    var other = self
    other.settings.duration = duration
    return other
  }

  struct Outcome {
    var result: LoadResult
    /// CLOCK_MONOTONIC before the load was made, and after it had ended.
    var began: UInt64
    var ended: UInt64

    var seconds: Double { Double(ended - began) / 1e9 }
    var errors: LoadErrors { result.errors }
    var answers: Int { result.statuses.values.reduce(0, +) }
  }

  /// - Parameter meanwhile: called from a thread of its own while the load runs.
  func run(_ meanwhile: @escaping @Sendable (LoadRun) -> Void = { _ in }) async throws -> Outcome {
    let settings = settings
    let outcome = try await onOwnThread {
      let began = Clock.monotonicNanoseconds
      let run = try LoadRun(settings)
      try SystemThread.start(named: "meanwhile") {
        meanwhile(run)
      }
      let result = try run.run()
      return Outcome(result: result, began: began, ended: Clock.monotonicNanoseconds)
    }
    outcome.checkSums()
    return outcome
  }
}

extension Loading {
  /// Why it is refused.
  func refusal() async throws -> LoadError {
    let settings = settings
    return try await onOwnThread {
      do {
        let result = try LoadRun(settings).run()
        throw Tool.Failure(description: "it ran: \(result.requests), \(result.errors)")
      } catch let error as LoadError {
        return error
      }
    }
  }
}

extension Loading.Outcome {
  /// What has to be true of every result.
  func checkSums() {
    #expect(result.latency.count == result.requests)
    #expect(answers == result.requests + errors.unexpectedStatus)
    if result.rate == nil {
      #expect(result.serviceTime == nil && result.schedule == nil)
    } else {
      #expect(result.serviceTime?.count == result.requests)
      // No latency from the intended start is shorter than one from the actual start.
      for percentile in [0, 50, 99, 100.0] {
        #expect(
          (result.serviceTime?.nanoseconds(atPercentile: percentile) ?? 0)
            <= result.latency.nanoseconds(atPercentile: percentile))
      }
      let over = result.requests + errors.total - errors.connect
      #expect(result.schedule?.scheduled == over)
    }
  }

  /// How many latencies are at least so long, to the histogram's resolution.
  static func count(_ histogram: LatencyHistogram?, from seconds: Double) -> Int {
    (histogram?.nonEmptyBuckets ?? []).reduce(0) {
      Double($1.range.upperBound) >= seconds * 1e9 ? $0 + Int($1.count) : $0
    }
  }
}
