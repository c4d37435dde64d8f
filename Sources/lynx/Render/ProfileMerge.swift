import Profiles

extension Profile {
  /// Adds what `other` measured, as if both had been one recording.
  ///
  /// Takes time in proportion to both. Sums that do not fit stay at the limit of `Int64`.
  ///
  /// - Returns: false, with nothing changed, if the two do not count the same things.
  mutating func merge(_ other: Profile) -> Bool {
    guard sampleTypes == other.sampleTypes else { return false }
    let functionIndices = Self.unite(&functions, other.functions)
    let mappingIndices = Self.unite(&mappings, other.mappings)
    let locationIndices = Self.unite(
      &locations,
      other.locations.map { location in
        var location = location
        location.mapping = location.mapping.map { mappingIndices[$0] }
        for index in location.lines.indices {
          location.lines[index].function = functionIndices[location.lines[index].function]
        }
        return location
      })
    addSamples(of: other, locationIndices: locationIndices)
    comments += other.comments.filter { !comments.contains($0) }
    if startNanoseconds == 0 || other.startNanoseconds != 0 {
      startNanoseconds =
        startNanoseconds == 0
        ? other.startNanoseconds : min(startNanoseconds, other.startNanoseconds)
    }
    durationNanoseconds = durationNanoseconds.addingSaturating(other.durationNanoseconds)
    if periodType != other.periodType || period != other.period {
      periodType = nil
      period = 0
    }
    return true
  }

  private mutating func addSamples(of other: Profile, locationIndices: [Int]) {
    var indices: [Sample: Int] = [:]
    for (index, sample) in samples.enumerated() {
      indices[sample.withoutValues] = index
    }
    for var sample in other.samples {
      sample.locations = sample.locations.map { locationIndices[$0] }
      if let index = indices[sample.withoutValues] {
        for position in sample.values.indices {
          let sum = samples[index].values[position].addingSaturating(sample.values[position])
          samples[index].values[position] = sum
        }
      } else {
        indices[sample.withoutValues] = samples.count
        samples.append(sample)
      }
    }
  }

  /// Appends the `others` that `elements` does not have, and says where each of them is then.
  private static func unite<Element: Hashable>(
    _ elements: inout [Element], _ others: [Element]
  ) -> [Int] {
    var indices: [Element: Int] = [:]
    for (index, element) in elements.enumerated() where indices[element] == nil {
      indices[element] = index
    }
    return others.map { element in
      if let index = indices[element] { return index }
      indices[element] = elements.count
      elements.append(element)
      return elements.count - 1
    }
  }
}

extension Profile.Sample {
  fileprivate var withoutValues: Self {
    Self(locations: locations, values: [], labels: labels)
  }
}

extension Int64 {
  fileprivate func addingSaturating(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }
}
