/// Folded stacks as a profile, line by line.
struct FoldedDecoder {
  private var names = NameTable()
  private var functions: [Profile.Function] = []
  private var locations: [Profile.Location] = []
  private var mappings: [Profile.Mapping] = []
  private var samples: [Profile.Sample] = []

  /// For each number of a name the location of its frame, -1 if there is none yet.
  private var plainLocations: [Int] = []
  private var otherLocations: [Call: Int] = [:]
  private var sampleOfStack: [[Int]: Int] = [:]

  /// The first line with a stack, as long as every line with one had two counts.
  private var firstLineOfDifferences: Int?
  private var hasLineWithOneCount = false

  /// A frame with what is inlined into it.
  private struct Call: Hashable {
    /// Numbers of names, outermost first.
    var names: [Int] = []
    /// What the outermost is.
    var annotation: FoldedAnnotation?
  }

  mutating func read(_ bytes: Span<UInt8>) throws(ProfileFormatError) {
    var start = Self.startsWithByteOrderMark(bytes) ? 3 : 0
    var number = 1
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      try readLine(bytes.extracting(start..<end), number: number)
      start = end + 1
      number += 1
    }
  }

  /// - Throws: `ProfileFormatError` if what was read makes no profile.
  func profile() throws(ProfileFormatError) -> Profile {
    guard !samples.isEmpty else { throw ProfileFormatError("there are no stacks in the input") }
    if let line = firstLineOfDifferences {
      throw ProfileFormatError(
        "every stack has two counts, as in a file of differences; one is expected", line: line)
    }
    return Profile(
      sampleTypes: [Profile.ValueType(type: "samples", unit: "count")], samples: samples,
      locations: locations, functions: functions, mappings: mappings)
  }

  private static func startsWithByteOrderMark(_ bytes: Span<UInt8>) -> Bool {
    bytes.count >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf
  }
}

// MARK: - A line

extension FoldedDecoder {
  private mutating func readLine(
    _ whole: Span<UInt8>, number: Int
  ) throws(ProfileFormatError) {
    var end = whole.count
    while end > 0, Self.isBlank(whole[end - 1]) { end -= 1 }
    guard end > 0 else { return }
    let line = whole.extracting(0..<end)

    let space = Self.lastBlank(line)
    guard space >= 0 else {
      throw ProfileFormatError("the stack has no count after it", line: number)
    }
    let count = try Self.count(line.extracting(space + 1..<end), line: number)
    let stack = line.extracting(0..<space)
    try add(readStack(stack), count: count, line: number)

    // A name may end in a number, but hardly each one that is a leaf.
    if !hasLineWithOneCount {
      hasLineWithOneCount = !Self.endsInCount(stack)
      firstLineOfDifferences = hasLineWithOneCount ? nil : firstLineOfDifferences ?? number
    }
  }

  private mutating func add(
    _ stack: [Int], count: Int64, line: Int
  ) throws(ProfileFormatError) {
    guard let index = sampleOfStack[stack] else {
      sampleOfStack[stack] = samples.count
      samples.append(Profile.Sample(locations: stack, values: [count]))
      return
    }
    let (sum, overflow) = samples[index].values[0].addingReportingOverflow(count)
    guard !overflow else {
      throw ProfileFormatError("the counts of this stack add up to more than fits", line: line)
    }
    samples[index].values[0] = sum
  }

  private static func count(
    _ text: Span<UInt8>, line: Int
  ) throws(ProfileFormatError) -> Int64 {
    let string = text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    switch numberKind(text) {
    case .whole:
      guard let count = Int64(string) else {
        throw ProfileFormatError("the count \(string) is too large", line: line)
      }
      return count
    case .fraction:
      throw ProfileFormatError(
        "the count \(string) is not a whole number; scale the counts before folding", line: line)
    case nil:
      throw ProfileFormatError("\"\(string)\", after the last space, is not a count", line: line)
    }
  }

  enum NumberKind { case whole, fraction }

  static func numberKind(_ text: Span<UInt8>) -> NumberKind? {
    var digits = 0
    var points = 0
    for index in text.indices {
      switch text[index] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
      case UInt8(ascii: "."): points += 1
      case UInt8(ascii: "-") where index == 0: break
      default: return nil
      }
    }
    guard digits > 0, points <= 1 else { return nil }
    return points == 0 ? .whole : .fraction
  }

  private static func endsInCount(_ stack: Span<UInt8>) -> Bool {
    let space = lastBlank(stack)
    return space >= 0 && numberKind(stack.extracting(space + 1..<stack.count)) != nil
  }

  /// The index of the last space or tab, -1 if there is none.
  private static func lastBlank(_ text: Span<UInt8>) -> Int {
    var index = text.count - 1
    while index >= 0, !isBlank(text[index]) { index -= 1 }
    return index
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }
}

// MARK: - A stack

extension FoldedDecoder {
  /// The stack's locations, leaf first.
  private mutating func readStack(_ stack: Span<UInt8>) -> [Int] {
    var found: [Int] = []
    var call = Call()
    var start = 0
    while true {
      var end = start
      while end < stack.count, stack[end] != UInt8(ascii: ";") { end += 1 }
      read(frame: stack.extracting(start..<end), call: &call, into: &found)
      guard end < stack.count else { break }
      start = end + 1
    }
    found.append(location(of: call))
    found.reverse()
    return found
  }

  /// Adds an inlined frame to `call`; any other completes `call` and begins the next.
  private mutating func read(frame: Span<UInt8>, call: inout Call, into found: inout [Int]) {
    let annotation = FoldedAnnotation(endOf: frame)
    let length = frame.count - (annotation == nil ? 0 : FoldedAnnotation.length)
    let name = functionNumber(frame.extracting(0..<length))
    if annotation == .inlined, !call.names.isEmpty {
      call.names.append(name)
      return
    }
    if !call.names.isEmpty { found.append(location(of: call)) }
    call.names.removeAll(keepingCapacity: true)
    call.names.append(name)
    call.annotation = annotation == .inlined ? nil : annotation
  }

  /// The index of the function of that name, which is its name's number.
  private mutating func functionNumber(_ name: Span<UInt8>) -> Int {
    let number = name.isEmpty ? names.number(of: "[unknown]") : names.number(of: name)
    if number == functions.count {
      functions.append(
        Profile.Function(name: String(decoding: names.name(number), as: UTF8.self)))
      plainLocations.append(-1)
    }
    return number
  }

  private mutating func location(of call: Call) -> Int {
    let isPlain = call.annotation == nil && call.names.count == 1
    if isPlain, plainLocations[call.names[0]] >= 0 { return plainLocations[call.names[0]] }
    if !isPlain, let known = otherLocations[call] { return known }

    let index = locations.count
    locations.append(
      Profile.Location(
        mapping: call.annotation.flatMap { mapping(of: $0) }, address: 0,
        lines: call.names.reversed().map { Profile.Line(function: $0) }))
    if isPlain {
      plainLocations[call.names[0]] = index
    } else {
      otherLocations[call] = index
    }
    return index
  }

  private mutating func mapping(of annotation: FoldedAnnotation) -> Int? {
    let name: String
    switch annotation {
    case .kernel: name = FoldedFormat.kernelMapping
    case .jit: name = FoldedFormat.jitMapping
    case .inlined: return nil
    }
    if let known = mappings.firstIndex(where: { $0.fileName == name }) { return known }
    mappings.append(Profile.Mapping(fileName: name, hasFunctions: true))
    return mappings.count - 1
  }
}
