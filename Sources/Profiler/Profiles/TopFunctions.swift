/// Where the time (or whatever was counted) went, by function: what `go tool pprof -top` calls
/// flat and cum.
public struct TopFunctions: Sendable, Equatable {
  /// What is counted.
  public var sampleType: Profile.ValueType
  /// The sum over all samples of the value's distance from 0: what percentages are of.
  public var total: Int64
  /// Largest self first, then largest total, then by name. Functions whose self and total are
  /// both 0 are left out.
  public var rows: [Row]

  /// A function, or rather a name: functions of the same name in several modules are one row.
  public struct Row: Sendable, Hashable {
    /// As `Profile.name(of:)` has it.
    public var name: String
    /// What was seen while the function itself ran: it was the leaf, inlined or not.
    public var selfValue: Int64
    /// What was seen while the function was anywhere on the stack, however often.
    public var totalValue: Int64

    public init(name: String, selfValue: Int64, totalValue: Int64) {
      self.name = name
      self.selfValue = selfValue
      self.totalValue = totalValue
    }
  }

  /// - Parameter sampleType: index into `Profile.sampleTypes`; nil for the profile's default.
  /// - Throws: `ProfileFormatError` if there is no such sample type or the profile is invalid.
  /// - Complexity: O(frames of all samples). Sums that do not fit stay at the limit of `Int64`.
  public init(profile: Profile, sampleType: Int? = nil) throws(ProfileFormatError) {
    try profile.validate()
    let type = try profile.resolve(sampleType: sampleType)
    let names = FrameNames(profile)
    var selfValues = [Int64](repeating: 0, count: names.count)
    var totalValues = selfValues
    // The last sample that a name was counted for: names occur more than once on a stack.
    var lastSample = [Int](repeating: -1, count: names.count)
    var total: Int64 = 0

    for (index, sample) in profile.samples.enumerated() {
      let value = sample.values[type]
      guard value != 0 else { continue }
      total = total.addingSaturated(value.saturatedMagnitude)
      for location in sample.locations {
        for name in names.ofLocation[location] where lastSample[name] != index {
          lastSample[name] = index
          totalValues[name] = totalValues[name].addingSaturated(value)
        }
      }
      if let leaf = sample.locations.first, let name = names.ofLocation[leaf].last {
        selfValues[name] = selfValues[name].addingSaturated(value)
      }
    }

    self.sampleType = profile.sampleTypes[type]
    self.total = total
    rows = names.texts.indices
      .map { Row(name: names.texts[$0], selfValue: selfValues[$0], totalValue: totalValues[$0]) }
      .filter { $0.selfValue != 0 || $0.totalValue != 0 }
      .sorted {
        ($1.selfValue, $1.totalValue, $0.name) < ($0.selfValue, $0.totalValue, $1.name)
      }
  }
}

extension Profile {
  /// The index of the sample type that was asked for, which must exist; nil asks for the default.
  func resolve(sampleType: Int?) throws(ProfileFormatError) -> Int {
    let index = sampleType ?? defaultSampleType
    guard sampleTypes.indices.contains(index) else {
      throw ProfileFormatError(
        "sample type \(index) was asked for, but there are only \(sampleTypes.count)")
    }
    return index
  }
}
