/// Two profiles, set against each other in samples.
public struct ProfileComparison: Sendable {
  /// All stacks of both. The first value of each sample is how many the new profile saw of it, the
  /// second how many the base did.
  public let stacks: Profile
  /// How many samples there are; neither is 0.
  public let newTotal: Int64
  public let baseTotal: Int64
  /// Whether shares are compared rather than numbers.
  public let isNormalized: Bool
  /// How many samples of the new profile one of the base is worth.
  public let scale: Double
  /// What was converted, and what makes the numbers hard to compare; sentences without an end.
  public let notes: [String]

  /// - Parameter isNormalized: scale the base so that both have the same total.
  /// - Throws: `ProfileFormatError` if either has no samples, and if the two are samples of
  ///   different things, such as of time on the CPU and of allocations.
  public init(
    new: CountedProfile, base: CountedProfile, isNormalized: Bool
  ) throws(ProfileFormatError) {
    if let quantity = new.counts.quantity, let other = base.counts.quantity, quantity != other {
      throw ProfileFormatError(
        "one has samples of \(quantity), the other of \(other), which cannot be compared")
    }
    newTotal = new.counts.total
    baseTotal = base.counts.total
    self.isNormalized = isNormalized
    var notes: [String] = []
    var scale = 1.0
    if isNormalized {
      scale = Double(newTotal) / Double(baseTotal)
    } else if let period = new.counts.period, let other = base.counts.period,
      period.unit == other.unit, period.length != other.length
    {
      scale = Double(other.length) / Double(period.length)
      notes.append(
        "the two were sampled at different rates: one sample of the base counts as "
          + "\((scale * 1000).rounded() / 1000)")
    }
    self.scale = scale
    let difference = Double(newTotal) - scale * Double(baseTotal)
    let deviation = (Double(newTotal) + scale * scale * Double(baseTotal)).squareRoot()
    if !isNormalized, abs(difference) > 5 * deviation {
      notes.append(
        "the totals differ: \(newTotal) samples, and \(baseTotal) of the base; with --normalize "
          + "shares are compared instead of numbers")
    }
    self.notes = notes
    stacks = Profile(joining: new, base)
  }

  /// What tells change from noise.
  public var test: ChangeTest {
    ChangeTest(
      isNormalized
        ? .share(newTotal: newTotal, baseTotal: baseTotal) : .count(scale: scale))
  }

  /// What there is more of in the new profile, in percent of its total; of shares, this is their
  /// difference in percentage points.
  public func changePercent(new: Int64, base: Int64) -> Double {
    100 * (Double(new) - scale * Double(base)) / Double(newTotal)
  }
}

/// A profile of which it is known how many samples its stacks stand for.
public struct CountedProfile: Sendable {
  public let profile: Profile
  public let counts: SampleCounts

  /// - Throws: `ProfileFormatError` as `SampleCounts` does.
  public init(_ profile: Profile) throws(ProfileFormatError) {
    counts = try SampleCounts(profile)
    self.profile = profile
  }
}

extension Profile {
  /// The parts of both, one after the other.
  fileprivate init(joining new: CountedProfile, _ base: CountedProfile) {
    let (first, second) = (new.profile, base.profile)
    self.init(
      sampleTypes: ["new", "base"].map { ValueType(type: $0, unit: "count") },
      functions: first.functions + second.functions, mappings: first.mappings + second.mappings)
    locations = first.locations
    for var location in second.locations {
      location.mapping = location.mapping.map { $0 + first.mappings.count }
      for index in location.lines.indices {
        location.lines[index].function += first.functions.count
      }
      locations.append(location)
    }
    for (sample, count) in zip(first.samples, new.counts.counts) where count > 0 {
      samples.append(Sample(locations: sample.locations, values: [count, 0]))
    }
    for (sample, count) in zip(second.samples, base.counts.counts) where count > 0 {
      samples.append(
        Sample(
          locations: sample.locations.map { $0 + first.locations.count }, values: [0, count]))
    }
  }
}
