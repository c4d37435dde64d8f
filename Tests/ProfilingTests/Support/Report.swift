import Foundation
import Testing

/// What `lynx profile --json` prints. Decoding it holds that every field is there and of its type.
struct Report: Decodable {
  struct Function: Decodable {
    let function: String
    let selfPercent: Double
    let totalPercent: Double
  }
  struct Output: Decodable {
    let path: String
    let format: String
    let bytes: Int
  }
  struct Module: Decodable {
    let module: String
    let samples: Int
    let reason: String
  }

  let schema: Int
  let samples: Int
  let lost: Int
  let throttled: Int
  let truncatedPercent: Double
  let rootedPercent: Double
  let unresolvedPercent: Double
  let durationSeconds: Double
  let processingSeconds: Double
  let profilerCpuSeconds: Double
  let peakMemoryBytes: Int
  let event: String
  let frequency: Int
  let notes: [String]
  let unresolved: [Module]
  let top: [Function]
  let outputs: [Output]

  init(_ json: Data) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    self = try decoder.decode(Report.self, from: json)
  }

  /// Whether the share of rooted stacks can be what is wanted: not five standard deviations of a
  /// binomial below it. One or two stacks in a thousand, and a test has few thousands, are chance;
  /// the share itself is measured by `PeerBenchmarks whole-stacks`.
  func isRooted(atLeast percent: Double) -> Bool {
    let count = Double(samples)
    let missing = (1 - rootedPercent / 100) * count
    let expected = (1 - percent / 100) * count
    return missing <= expected + 5 * expected.squareRoot()
  }
}

/// Folded stacks, weighted in nanoseconds of CPU time.
struct Stacks {
  struct Stack {
    /// Outermost first.
    let frames: [Substring]
    let weight: Double
  }

  let stacks: [Stack]

  init(_ folded: String) throws {
    stacks = try folded.split(separator: "\n").map { line in
      let space = try #require(line.lastIndex(of: " "), "\(line)")
      let weight = try #require(Double(line[line.index(after: space)...]), "\(line)")
      return Stack(frames: line[..<space].split(separator: ";"), weight: weight)
    }
  }

  var totalSeconds: Double { seconds { _ in true } }

  /// CPU time of the stacks that fit.
  func seconds(_ fits: (Stack) -> Bool) -> Double {
    stacks.reduce(0) { fits($1) ? $0 + $1.weight : $0 } / 1e9
  }

  /// CPU time of the stacks that a function is on.
  func seconds(in function: String) -> Double {
    seconds { $0.frames.contains { $0 == function } }
  }

  func share(of function: String, within outer: String) -> Double {
    let whole = seconds(in: outer)
    let part = seconds { stack in
      stack.frames.contains { $0 == outer } && stack.frames.contains { $0 == function }
    }
    return whole > 0 ? part / whole : 0
  }

  func contains(_ function: String) -> Bool {
    stacks.contains { $0.frames.contains { $0 == function } }
  }

  var functions: Set<Substring> { Set(stacks.flatMap(\.frames)) }
}

/// Whether a share that was counted is what it should be: within five standard deviations of a
/// binomial of `count` trials, and half a percent for what surrounds the work.
func isWithinSamplingError(_ share: Double, of expected: Double, count: Int) -> Bool {
  let deviation = (expected * (1 - expected) / Double(max(1, count))).squareRoot()
  return abs(share - expected) <= 5 * deviation + 0.005
}

/// Whether the samples stand for the CPU time that was used. Too little by 5 % and the part of a
/// period that each thread loses; too much by 15 %, since on a virtual machine the sampling clock
/// goes on while another has the CPU. What was counted twice or not at all is far beyond either.
func isCovered(_ covered: Double, of used: Double, threads: Int = 1, frequency: Int = 997) -> Bool {
  let periods = 5 / Double(frequency)
  let lost = 1.5 * Double(threads) / Double(frequency)
  return covered >= 0.95 * used - periods - lost && covered <= 1.15 * used + periods
}
