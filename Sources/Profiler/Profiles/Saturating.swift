extension Int64 {
  /// The sum, or the nearest number that there is: values of foreign profiles may add up to more
  /// than fits, and a sum that is out of reach is better than no answer.
  func addingSaturated(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    guard overflow else { return sum }
    return other < 0 ? .min : .max
  }

  /// The distance from 0, or the largest number for the one whose distance does not fit.
  var saturatedMagnitude: Int64 { Int64(clamping: magnitude) }
}
