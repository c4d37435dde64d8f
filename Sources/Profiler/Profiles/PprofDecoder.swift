/// pprof's messages as a profile: every reference of theirs is looked up, and refused if there is
/// nothing there.
struct PprofDecoder {
  private let strings: [String]
  private let mappings: IDTable
  private let functions: IDTable
  private let locations: IDTable

  init(_ message: PprofProfile) throws(ProfileFormatError) {
    guard let first = message.stringTable.first else {
      throw ProfileFormatError("not a pprof profile: it has no string table")
    }
    guard first.isEmpty else {
      throw ProfileFormatError("not a pprof profile: its string table does not begin with \"\"")
    }
    strings = message.stringTable.map { String(decoding: $0, as: UTF8.self) }
    mappings = try IDTable(message.mapping.map(\.id), of: "mapping")
    functions = try IDTable(message.function.map(\.id), of: "function")
    locations = try IDTable(message.location.map(\.id), of: "location")
  }

  func profile(from message: PprofProfile) throws(ProfileFormatError) -> Profile {
    var profile = Profile(sampleTypes: [])
    for (index, type) in message.sampleType.enumerated() {
      profile.sampleTypes.append(try decode(type, in: "sample type \(index)"))
    }
    guard !profile.sampleTypes.isEmpty else {
      throw ProfileFormatError("the profile does not say what its samples count")
    }
    profile.defaultSampleType = try defaultSampleType(of: message, among: profile.sampleTypes)

    profile.mappings.reserveCapacity(message.mapping.count)
    for mapping in message.mapping { profile.mappings.append(try decode(mapping)) }
    profile.functions.reserveCapacity(message.function.count)
    for function in message.function { profile.functions.append(try decode(function)) }
    profile.locations.reserveCapacity(message.location.count)
    for location in message.location { profile.locations.append(try decode(location)) }
    profile.samples.reserveCapacity(message.sample.count)
    for (index, sample) in message.sample.enumerated() {
      guard sample.value.count == profile.sampleTypes.count else {
        throw .wrongValueCount(
          sample: index, values: sample.value.count, types: profile.sampleTypes.count)
      }
      profile.samples.append(try decode(sample, index: index))
    }

    for (index, comment) in message.comment.enumerated() {
      profile.comments.append(try text(comment, of: "comment", index))
    }
    profile.startNanoseconds = message.timeNanos
    profile.durationNanoseconds = message.durationNanos
    if message.hasPeriodType {
      profile.periodType = try decode(message.periodType, in: "the period type")
    }
    profile.period = message.period
    return profile
  }

  /// pprof's own rule: the first type of that name, and the last of all if there is none.
  private func defaultSampleType(
    of message: PprofProfile, among types: [Profile.ValueType]
  ) throws(ProfileFormatError) -> Int {
    let last = types.count - 1
    guard message.defaultSampleType != 0 else { return last }
    guard let name = text(message.defaultSampleType) else {
      throw .dangling("the default sample type", "text \(message.defaultSampleType)")
    }
    return types.firstIndex { $0.type == name } ?? last
  }

  private func decode(
    _ type: PprofValueType, in owner: @autoclosure () -> String
  ) throws(ProfileFormatError) -> Profile.ValueType {
    guard let name = text(type.type), let unit = text(type.unit) else {
      let number = text(type.type) == nil ? type.type : type.unit
      throw .dangling(owner(), "text \(number)")
    }
    return Profile.ValueType(type: name, unit: unit)
  }

  private func decode(
    _ mapping: PprofMapping
  ) throws(ProfileFormatError) -> Profile.Mapping {
    Profile.Mapping(
      start: mapping.memoryStart, limit: mapping.memoryLimit, fileOffset: mapping.fileOffset,
      fileName: try text(mapping.filename, of: "mapping", mapping.id),
      buildID: try text(mapping.buildID, of: "mapping", mapping.id),
      hasFunctions: mapping.hasFunctions_p, hasFileNames: mapping.hasFilenames_p,
      hasLineNumbers: mapping.hasLineNumbers_p, hasInlineFrames: mapping.hasInlineFrames_p)
  }

  private func decode(
    _ function: PprofFunction
  ) throws(ProfileFormatError) -> Profile.Function {
    Profile.Function(
      name: try text(function.name, of: "function", function.id),
      systemName: try text(function.systemName, of: "function", function.id),
      fileName: try text(function.filename, of: "function", function.id),
      startLine: function.startLine)
  }

  private func decode(
    _ location: PprofLocation
  ) throws(ProfileFormatError) -> Profile.Location {
    var mapping: Int?
    if location.mappingID != 0 {
      mapping = mappings.index(of: location.mappingID)
      guard mapping != nil else {
        throw .dangling("location \(location.id)", "mapping \(location.mappingID)")
      }
    }
    var lines: [Profile.Line] = []
    lines.reserveCapacity(location.line.count)
    for line in location.line {
      guard let function = functions.index(of: line.functionID) else {
        throw .dangling("location \(location.id)", "function \(line.functionID)")
      }
      lines.append(Profile.Line(function: function, line: line.line))
    }
    return Profile.Location(mapping: mapping, address: location.address, lines: lines)
  }

  private func decode(
    _ sample: PprofSample, index: Int
  ) throws(ProfileFormatError) -> Profile.Sample {
    var stack: [Int] = []
    stack.reserveCapacity(sample.locationID.count)
    for id in sample.locationID {
      guard let location = locations.index(of: id) else {
        throw .dangling("sample \(index)", "location \(id)")
      }
      stack.append(location)
    }
    var labels: [Profile.Label] = []
    for label in sample.label {
      let key = try text(label.key, of: "a label of sample", index)
      let value: Profile.Label.Value =
        if label.str != 0 {
          .text(try text(label.str, of: "a label of sample", index))
        } else {
          .number(label.num, unit: try text(label.numUnit, of: "a label of sample", index))
        }
      labels.append(Profile.Label(key: key, value: value))
    }
    return Profile.Sample(locations: stack, values: sample.value, labels: labels)
  }

  private func text(_ number: Int64) -> String? {
    guard let index = Int(exactly: number), strings.indices.contains(index) else { return nil }
    return strings[index]
  }

  private func text(
    _ number: Int64, of owner: StaticString, _ id: some BinaryInteger
  ) throws(ProfileFormatError) -> String {
    guard let text = text(number) else { throw .dangling("\(owner) \(id)", "text \(number)") }
    return text
  }
}

/// Where the thing with an id is: ids are mostly 1, 2, 3…, but may be any.
private struct IDTable {
  /// For id n at n; -1 where there is none.
  private var dense: [Int]
  private var sparse: [UInt64: Int] = [:]

  init(_ ids: [UInt64], of kind: StaticString) throws(ProfileFormatError) {
    dense = [Int](repeating: -1, count: ids.count + 1)
    for (index, id) in ids.enumerated() {
      guard id != 0 else {
        throw ProfileFormatError("\(kind) number \(index) has the reserved id 0")
      }
      guard self.index(of: id) == nil else {
        throw ProfileFormatError("there are several \(kind)s with id \(id)")
      }
      if id < UInt64(dense.count) {
        dense[Int(id)] = index
      } else {
        sparse[id] = index
      }
    }
  }

  func index(of id: UInt64) -> Int? {
    guard id < UInt64(dense.count) else { return sparse[id] }
    let index = dense[Int(id)]
    return index < 0 ? nil : index
  }
}
