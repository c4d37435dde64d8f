/// The percentiles that are told of each run.
enum Percentiles {
  /// Each with its name for people and in JSON.
  static let told: [(percentile: Double, text: String, member: String)] = [
    (50, "p50", "p50"), (75, "p75", "p75"), (90, "p90", "p90"), (99, "p99", "p99"),
    (99.9, "p99.9", "p99_9"), (99.99, "p99.99", "p99_99"),
  ]
}
