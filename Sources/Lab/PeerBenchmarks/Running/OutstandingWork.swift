import Dispatch
import LinuxSystem
import TestSupport

/// What keeping a number of asynchronous calls under way for a while gave.
struct OutstandingWork: Sendable {
  let seconds: Double
  /// How long each call took, ascending.
  let latenciesNanoseconds: [UInt64]

  var perSecond: Double { Double(latenciesNanoseconds.count) / seconds }

  /// The time that 99 of 100 calls stayed below, in seconds.
  var p99Seconds: Double { percentile(latenciesNanoseconds, 0.99) / 1e9 }

  /// Has `count` tasks call `operation` one call after another for `seconds`, the first half second
  /// not counted.
  init(
    outstanding count: Int, seconds: Double,
    _ operation: @escaping @Sendable (inout SeededGenerator) async throws -> Void
  ) async throws {
    let start = Clock.monotonicNanoseconds + 500_000_000
    let end = start + UInt64(seconds * 1e9)
    let all = try await withThrowingTaskGroup(of: [UInt64].self) { group in
      for task in 0..<count {
        group.addTask {
          var random = SeededGenerator(seed: UInt64(task) ^ start)
          var latencies: [UInt64] = []
          latencies.reserveCapacity(200_000)
          var before = Clock.monotonicNanoseconds
          while before < end {
            try await operation(&random)
            let after = Clock.monotonicNanoseconds
            if before >= start, after < end { latencies.append(after - before) }
            before = after
          }
          return latencies
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    self.seconds = seconds
    latenciesNanoseconds = all.sorted()
  }
}

extension OutstandingWork {
  /// Keeps `count` calls under way that answer by calling back, for `seconds`, the first half second
  /// not counted. Whoever is called back makes the next call, as in an event loop.
  init(
    outstanding count: Int, seconds: Double,
    calling start:
      @escaping @Sendable (
        inout SeededGenerator, _ answer: @escaping @Sendable (Result<Void, any Error>) -> Void
      ) -> Void
  ) async throws {
    let begin = Clock.monotonicNanoseconds + 500_000_000
    let end = begin + UInt64(seconds * 1e9)
    let all = try await withThrowingTaskGroup(of: [UInt64].self) { group in
      for index in 0..<count {
        group.addTask {
          try await withCheckedThrowingContinuation { continuation in
            CallChain(
              SeededGenerator(seed: UInt64(index) ^ begin), counting: begin..<end, start,
              then: { continuation.resume(with: $0) }
            ).next()
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    self.seconds = seconds
    latenciesNanoseconds = all.sorted()
  }
}

/// Calls one after another, each made when the one before it was answered: no two at a time, so that
/// what is here needs no lock.
private final class CallChain: @unchecked Sendable {
  private let start:
    @Sendable (inout SeededGenerator, @escaping @Sendable (Result<Void, any Error>) -> Void) -> Void
  private let span: Range<UInt64>
  private let end: @Sendable (Result<[UInt64], any Error>) -> Void
  private var random: SeededGenerator
  private var latencies: [UInt64] = []
  private var before: UInt64 = 0

  init(
    _ random: SeededGenerator, counting span: Range<UInt64>,
    _ start:
      @escaping @Sendable (
        inout SeededGenerator, @escaping @Sendable (Result<Void, any Error>) -> Void
      ) -> Void, then end: @escaping @Sendable (Result<[UInt64], any Error>) -> Void
  ) {
    self.random = random
    self.span = span
    self.start = start
    self.end = end
    latencies.reserveCapacity(200_000)
  }

  func next() {
    before = Clock.monotonicNanoseconds
    guard before < span.upperBound else { return end(.success(latencies)) }
    start(&random) { [self] result in
      if case .failure(let error) = result { return end(.failure(error)) }
      let after = Clock.monotonicNanoseconds
      if before >= span.lowerBound, after < span.upperBound { latencies.append(after - before) }
      next()
    }
  }
}

/// The smallest value that `share` of the ascending `values` do not exceed; 0 of none.
func percentile(_ values: [UInt64], _ share: Double) -> Double {
  guard !values.isEmpty else { return 0 }
  return Double(values[min(values.count - 1, Int(Double(values.count) * share))])
}

/// Waits for asynchronous work: claims are measured one after another.
func waitFor<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value
{
  let box = ResultBox<Value>()
  let isOver = DispatchSemaphore(value: 0)
  Task {
    do { box.result = .success(try await work()) } catch { box.result = .failure(error) }
    isOver.signal()
  }
  isOver.wait()
  guard let result = box.result else { throw CancellationError() }
  return try result.get()
}

private final class ResultBox<Value>: @unchecked Sendable {
  // Written before the semaphore is signalled, read after it was waited for.
  var result: Result<Value, any Error>?
}
