extension Profile {
  /// One function call on a stack, inlined or not.
  public struct Frame: Sendable, Hashable {
    /// Index into `Profile.functions`; nil when nothing is known but the address.
    public var function: Int?
    /// Index into `Profile.locations` of where the call was.
    public var location: Int
    /// Source line, 0 if unknown.
    public var line: Int64
    /// Whether the compiler put this call's code into its caller's, the frame before it.
    public var isInlined: Bool

    public init(function: Int?, location: Int, line: Int64 = 0, isInlined: Bool = false) {
      self.function = function
      self.location = location
      self.line = line
      self.isInlined = isInlined
    }
  }

  /// The calls of a stack, root first and leaf last, inlined ones written out.
  ///
  /// References that `validate()` would refuse are left out.
  /// - Complexity: O(frames).
  public func frames(of sample: Sample) -> [Frame] {
    var frames: [Frame] = []
    frames.reserveCapacity(sample.locations.count &+ 8)
    for index in sample.locations.reversed() where locations.indices.contains(index) {
      appendFrames(ofLocation: index, to: &frames)
    }
    return frames
  }

  /// The calls at one location, outermost first.
  func appendFrames(ofLocation index: Int, to frames: inout [Frame]) {
    let lines = locations[index].lines
    if lines.isEmpty {
      frames.append(Frame(function: nil, location: index))
    }
    for (depth, line) in lines.enumerated().reversed()
    where functions.indices.contains(line.function) {
      frames.append(
        Frame(
          function: line.function, location: index, line: line.line,
          isInlined: depth != lines.count - 1))
    }
  }

  /// What to call a frame: its function's name, or else where it is (see `name(ofLocation:)`).
  public func name(of frame: Frame) -> String {
    if let index = frame.function, functions.indices.contains(index) {
      let function = functions[index]
      if !function.name.isEmpty { return function.name }
      if !function.systemName.isEmpty { return function.systemName }
    }
    return name(ofLocation: frame.location)
  }

  /// What to call an address without a function: `[module+0x1234]`, the offset being that in the
  /// module's file; `[0x1234]` without a module and `[unknown]` without an address.
  public func name(ofLocation index: Int) -> String {
    guard locations.indices.contains(index) else { return "[unknown]" }
    let location = locations[index]
    if let mapping = location.mapping, mappings.indices.contains(mapping) {
      let module = mappings[mapping].moduleName
      if !module.isEmpty {
        let offset = location.address &- mappings[mapping].start &+ mappings[mapping].fileOffset
        return "[\(module)+0x\(String(offset, radix: 16))]"
      }
    }
    if location.address == 0 { return "[unknown]" }
    return "[0x\(String(location.address, radix: 16))]"
  }
}

extension Profile.Mapping {
  /// The last component of the file's name, without the brackets of `[vdso]` and the note that
  /// the file was deleted.
  public var moduleName: String {
    var name = fileName[...]
    let note = " (deleted)"
    if name.hasSuffix(note) { name = name.dropLast(note.count) }
    if let slash = name.lastIndex(of: "/"), name.index(after: slash) < name.endIndex {
      name = name[name.index(after: slash)...]
    }
    if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
    return String(name)
  }
}
