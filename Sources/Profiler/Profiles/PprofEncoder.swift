import FoundationEssentials

/// A valid profile as pprof's messages. Ids are indices plus 1, since pprof keeps 0 for "none".
struct PprofEncoder {
  private var strings = NameTable()
  private var labelsWithEmptyText = false

  init() {
    _ = strings.number(of: "")
  }

  mutating func message(for profile: Profile) -> PprofProfile {
    var message = PprofProfile()
    for type in profile.sampleTypes { message.sampleType.append(encode(type)) }
    for mapping in profile.mappings.enumerated() {
      message.mapping.append(encode(mapping.element, index: mapping.offset))
    }
    for function in profile.functions.enumerated() {
      message.function.append(encode(function.element, index: function.offset))
    }
    for location in profile.locations.enumerated() {
      message.location.append(encode(location.element, index: location.offset))
    }
    message.timeNanos = profile.startNanoseconds
    message.durationNanos = profile.durationNanoseconds
    if let type = profile.periodType { message.periodType = encode(type) }
    message.period = profile.period
    for comment in profile.comments { message.comment.append(number(of: comment)) }
    message.defaultSampleType = number(of: profile.sampleTypes[profile.defaultSampleType].type)
    message.sample.reserveCapacity(profile.samples.count)
    for sample in profile.samples { message.sample.append(encode(sample)) }

    message.stringTable = (0..<strings.count).map { Data(strings.name($0)) }
    appendEmptyTextIfNeeded(to: &message)
    return message
  }

  private mutating func number(of text: String) -> Int64 {
    Int64(strings.number(of: text))
  }

  private static func id(_ index: Int) -> UInt64 { UInt64(index) + 1 }

  private mutating func encode(_ type: Profile.ValueType) -> PprofValueType {
    var message = PprofValueType()
    message.type = number(of: type.type)
    message.unit = number(of: type.unit)
    return message
  }

  private mutating func encode(_ sample: Profile.Sample) -> PprofSample {
    var message = PprofSample()
    message.locationID = sample.locations.map(Self.id)
    message.value = sample.values
    for label in sample.labels { message.label.append(encode(label)) }
    return message
  }

  private mutating func encode(_ label: Profile.Label) -> PprofLabel {
    var message = PprofLabel()
    message.key = number(of: label.key)
    switch label.value {
    case .text(""):
      message.str = Self.emptyText
      labelsWithEmptyText = true
    case .text(let text):
      message.str = number(of: text)
    case .number(let value, let unit):
      message.num = value
      message.numUnit = number(of: unit)
    }
    return message
  }

  /// Stands for the number of an empty text, until all other texts have theirs: number 0 would
  /// make the label one without text.
  private static let emptyText: Int64 = -1

  private func appendEmptyTextIfNeeded(to message: inout PprofProfile) {
    guard labelsWithEmptyText else { return }
    let number = Int64(message.stringTable.count)
    message.stringTable.append(Data())
    for sample in message.sample.indices {
      for label in message.sample[sample].label.indices
      where message.sample[sample].label[label].str == Self.emptyText {
        message.sample[sample].label[label].str = number
      }
    }
  }

  private mutating func encode(_ mapping: Profile.Mapping, index: Int) -> PprofMapping {
    var message = PprofMapping()
    message.id = Self.id(index)
    message.memoryStart = mapping.start
    message.memoryLimit = mapping.limit
    message.fileOffset = mapping.fileOffset
    message.filename = number(of: mapping.fileName)
    message.buildID = number(of: mapping.buildID)
    message.hasFunctions_p = mapping.hasFunctions
    message.hasFilenames_p = mapping.hasFileNames
    message.hasLineNumbers_p = mapping.hasLineNumbers
    message.hasInlineFrames_p = mapping.hasInlineFrames
    return message
  }

  private func encode(_ location: Profile.Location, index: Int) -> PprofLocation {
    var message = PprofLocation()
    message.id = Self.id(index)
    message.mappingID = location.mapping.map(Self.id) ?? 0
    message.address = location.address
    message.line = location.lines.map { line in
      var message = PprofLine()
      message.functionID = Self.id(line.function)
      message.line = line.line
      return message
    }
    return message
  }

  private mutating func encode(_ function: Profile.Function, index: Int) -> PprofFunction {
    var message = PprofFunction()
    message.id = Self.id(index)
    message.name = number(of: function.name)
    message.systemName = number(of: function.systemName)
    message.filename = number(of: function.fileName)
    message.startLine = function.startLine
    return message
  }
}
