internal import Terminal

/// What is shown of a run while it goes on.
public struct LiveFigures: Sendable, Equatable {
  /// Requests answered in the last second.
  public var requestsPerSecond: Double
  /// Of the latencies since the beginning, or of the last second; nil before the first answer.
  public var p99Nanoseconds: UInt64?
  /// Errors since the beginning.
  public var errors: Int
  public var elapsedSeconds: Double
  /// How long the run will take, if that is known.
  public var totalSeconds: Double?

  public init(
    requestsPerSecond: Double, p99Nanoseconds: UInt64?, errors: Int, elapsedSeconds: Double,
    totalSeconds: Double?
  ) {
    self.requestsPerSecond = requestsPerSecond
    self.p99Nanoseconds = p99Nanoseconds
    self.errors = errors
    self.elapsedSeconds = elapsedSeconds
    self.totalSeconds = totalSeconds
  }

  /// One line of at most 80 columns: `3 s of 30 s: 12,345/s, p99 1.230 ms, no errors`.
  public var text: String {
    var parts = ["\(QuantityText.grouped(requestsPerSecond))/s"]
    if let p99Nanoseconds { parts.append("p99 \(QuantityText.time(nanoseconds: p99Nanoseconds))") }
    parts.append(errors == 0 ? "no errors" : QuantityText.count(errors, "error"))
    let elapsed = "\(QuantityText.grouped(elapsedSeconds.rounded(.down))) s"
    let total = totalSeconds.map {
      " of \($0 == $0.rounded() ? QuantityText.grouped($0) : "\($0)") s"
    }
    return elapsed + (total ?? "") + ": " + parts.joined(separator: ", ")
  }
}
