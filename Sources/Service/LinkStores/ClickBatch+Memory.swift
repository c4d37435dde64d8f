internal import Links

extension ClickBatch {
  /// How long a store remembers the ids of batches: 31 days.
  static let memorySeconds: Int64 = 31 * 86_400
}
