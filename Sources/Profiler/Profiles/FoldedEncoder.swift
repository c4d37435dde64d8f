/// A profile as folded stacks.
struct FoldedEncoder {
  private let profile: Profile
  private let names: FrameNames
  /// For each number of a name its place among all names, sorted by their bytes.
  private let ranks: [Int]
  private let sortedNames: [String]
  private let unknown: Int

  init(_ profile: Profile, annotated: Bool) throws(ProfileFormatError) {
    try profile.validate()
    self.profile = profile
    names = FrameNames(profile) { frame, name in
      let written = Self.written(name)
      return annotated ? written + Self.ending(of: frame, in: profile) : written
    }
    // A stack without frames needs a name too.
    let known = names.texts.firstIndex(of: Self.unknownName)
    let texts = known == nil ? names.texts + [Self.unknownName] : names.texts
    let order = texts.indices.sorted {
      texts[$0].utf8.lexicographicallyPrecedes(texts[$1].utf8)
    }
    var ranks = [Int](repeating: 0, count: texts.count)
    for (rank, number) in order.enumerated() { ranks[number] = rank }
    self.ranks = ranks
    sortedNames = order.map { texts[$0] }
    unknown = ranks[known ?? texts.count - 1]
  }

  private static let unknownName = "[unknown]"

  func encode(sampleType: Int?) throws(ProfileFormatError) -> [UInt8] {
    let type = try profile.resolve(sampleType: sampleType)
    var output: [UInt8] = []
    let stacks = try mergedStacks(of: type)
    for (stack, value) in stacks.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      for (depth, rank) in stack.enumerated() {
        if depth > 0 { output.append(UInt8(ascii: ";")) }
        output.append(contentsOf: sortedNames[rank].utf8)
      }
      output.append(UInt8(ascii: " "))
      output.append(contentsOf: String(value).utf8)
      output.append(UInt8(ascii: "\n"))
    }
    return output
  }

  /// The sum for each stack, root first, a frame being the rank of its name.
  private func mergedStacks(of type: Int) throws(ProfileFormatError) -> [[Int]: Int64] {
    var stacks: [[Int]: Int64] = [:]
    var stack: [Int] = []
    for (index, sample) in profile.samples.enumerated() where sample.values[type] != 0 {
      stack.removeAll(keepingCapacity: true)
      for location in sample.locations.reversed() {
        for name in names.ofLocation[location] { stack.append(ranks[name]) }
      }
      if stack.isEmpty { stack.append(unknown) }
      let (sum, overflow) = stacks[stack, default: 0]
        .addingReportingOverflow(sample.values[type])
      guard !overflow else {
        throw ProfileFormatError("with sample \(index), its stack's values exceed what fits")
      }
      stacks[stack] = sum
    }
    return stacks.filter { $0.value != 0 }
  }

  private static func ending(of frame: Profile.Frame, in profile: Profile) -> String {
    if frame.isInlined { return FoldedAnnotation.inlined.ending }
    guard let index = profile.locations[frame.location].mapping else { return "" }
    let mapping = profile.mappings[index]
    if mapping.isKernel { return FoldedAnnotation.kernel.ending }
    return mapping.fileName == FoldedFormat.jitMapping ? FoldedAnnotation.jit.ending : ""
  }

  /// The name as it may stand in a line.
  private static func written(_ name: String) -> String {
    if name.isEmpty { return unknownName }
    var bytes = name.utf8.map { byte in
      switch byte {
      case UInt8(ascii: ";"): UInt8(ascii: ":")
      case 0..<0x20, 0x7f: UInt8(ascii: " ")
      default: byte
      }
    }
    if let space = spaceBeforeNumber(atEndOf: bytes) { bytes[space] = UInt8(ascii: "_") }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func spaceBeforeNumber(atEndOf bytes: [UInt8]) -> Int? {
    guard let space = bytes.lastIndex(of: UInt8(ascii: " ")) else { return nil }
    let last = bytes[(space + 1)...]
    return FoldedDecoder.numberKind(last.span) == nil ? nil : space
  }
}
