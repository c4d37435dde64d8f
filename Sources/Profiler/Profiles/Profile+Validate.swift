extension Profile {
  /// Checks what every reader promises and every writer needs: there is a sample type, the
  /// default is one of them, each sample has a value for each, and every reference is to
  /// something in the profile.
  ///
  /// - Throws: `ProfileFormatError` for the first thing that is wrong.
  /// - Complexity: O(size of the profile).
  public func validate() throws(ProfileFormatError) {
    guard !sampleTypes.isEmpty else {
      throw ProfileFormatError("the profile does not say what its samples count")
    }
    guard sampleTypes.indices.contains(defaultSampleType) else {
      throw ProfileFormatError(
        "the default sample type is number \(defaultSampleType), but there are only "
          + "\(sampleTypes.count)")
    }
    for (index, sample) in samples.enumerated() {
      guard sample.values.count == sampleTypes.count else {
        throw .wrongValueCount(
          sample: index, values: sample.values.count, types: sampleTypes.count)
      }
      for location in sample.locations where !locations.indices.contains(location) {
        throw .dangling("sample \(index)", "location \(location)")
      }
    }
    for (index, location) in locations.enumerated() {
      if let mapping = location.mapping, !mappings.indices.contains(mapping) {
        throw .dangling("location \(index)", "mapping \(mapping)")
      }
      for line in location.lines where !functions.indices.contains(line.function) {
        throw .dangling("location \(index)", "function \(line.function)")
      }
    }
  }
}

extension ProfileFormatError {
  static func dangling(_ referrer: String, _ target: String) -> ProfileFormatError {
    ProfileFormatError("\(referrer) refers to \(target), which is not in the profile")
  }

  static func wrongValueCount(sample: Int, values: Int, types: Int) -> ProfileFormatError {
    ProfileFormatError("sample \(sample) has \(values) values, but there are \(types) sample types")
  }
}
