/// How many samples each stack of a profile stands for: what chance works on, whatever the values
/// weigh them with.
public struct SampleCounts: Sendable, Equatable {
  /// One for each of the profile's samples.
  public let counts: [Int64]
  /// Their sum, above 0; `Int64.max` if it is greater.
  public let total: Int64
  /// What the samples are of, such as `cpu`; nil if the profile counts samples and no more.
  public let quantity: String?
  /// What one sample stands for, and in which unit if that is known; nil if the profile does not
  /// say.
  public let period: Period?
  /// What had to be assumed, as a part of a sentence; nil if nothing.
  public let assumption: String?

  public struct Period: Sendable, Equatable {
    public var length: Int64
    public var unit: String?
  }

  /// Counts the type `samples/count` if there is one, else the default type: as it is if it counts
  /// something, in periods if it is what the period is told in. In folded stacks whose counts have
  /// a large common divisor, that is the period: such are weights of samples at a fixed rate.
  ///
  /// - Throws: `ProfileFormatError` if there are no samples, if a count is negative, and if the
  ///   profile does not tell how many samples its values stand for.
  public init(_ profile: Profile) throws(ProfileFormatError) {
    try profile.validate()
    let main = profile.sampleTypes[profile.defaultSampleType]
    let counted = profile.sampleTypes.firstIndex { $0.isSampleCount }
    var counts: [Int64]
    var period: Period?
    if profile.period > 0, let unit = profile.periodType?.unit {
      period = Period(length: profile.period, unit: unit)
    }
    var assumption: String?
    if let counted {
      counts = profile.values(ofType: counted)
      if profile.sampleTypes.count == 1, let length = Self.fixedPeriod(of: counts) {
        counts = counts.map { $0 / length }
        period = Period(length: length, unit: nil)
        assumption = "each count is a multiple of \(length), which is taken for one sample"
      }
    } else if main.unit == "count" {
      counts = profile.values(ofType: profile.defaultSampleType)
    } else if let period, profile.periodType == main {
      let half = period.length / 2
      counts = profile.values(ofType: profile.defaultSampleType).map {
        $0.addingSaturated(half) / period.length
      }
    } else {
      throw ProfileFormatError(
        "it has values in \(main.unit.isEmpty ? "a unit of its own" : main.unit), but does not say "
          + "how many samples they stand for, and without that change cannot be told from noise")
    }
    if counts.contains(where: { $0 < 0 }) {
      throw ProfileFormatError("it has negative counts, as the difference of two profiles has")
    }
    total = counts.reduce(0) { $0.addingSaturated($1) }
    guard total > 0 else { throw ProfileFormatError("it counts nothing: there are no samples") }
    quantity = main.isSampleCount ? nil : main.type
    self.counts = counts
    self.period = period
    self.assumption = assumption
  }

  /// What all counts are multiples of, if that can hardly be chance: of three numbers, one set in a
  /// million or so has a common divisor of 1,000 or more.
  private static func fixedPeriod(of counts: [Int64]) -> Int64? {
    var divisor: Int64 = 0
    var known = 0
    for count in counts where count > 0 {
      known += 1
      var rest = count
      while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
      if divisor < 1000 { return nil }
    }
    return known >= 3 ? divisor : nil
  }
}

extension Profile.ValueType {
  fileprivate var isSampleCount: Bool { type == "samples" && unit == "count" }
}

extension Profile {
  fileprivate func values(ofType index: Int) -> [Int64] { samples.map { $0.values[index] } }
}
