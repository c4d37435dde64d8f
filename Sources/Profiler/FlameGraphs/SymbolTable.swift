internal import Profiles

/// The frames of each location as numbers that sort like the frames' names.
struct SymbolTable {
  private(set) var symbols: [FlameGraph.Symbol] = []
  /// For each location where its frames begin in `calls`, and the end of the last.
  private var bounds: [Int] = [0]
  /// Outermost call first.
  private var calls: [Call] = []

  /// A symbol and whether the call was inlined, in one number; comparing `symbol` orders by name.
  struct Call {
    var bits: UInt32

    init(symbol: UInt32, isInlined: Bool) { bits = symbol << 1 | (isInlined ? 1 : 0) }

    var symbol: UInt32 { bits >> 1 }
    var isInlined: Bool { bits & 1 == 1 }
  }

  /// - Parameters:
  ///   - isUsed: for each location whether a sample with a value refers to it.
  ///   - tellsKinds: functions of one name but several kinds are several; else all are of kind `c`.
  init(_ profile: Profile, isUsed: [Bool], tellsKinds: Bool = true) {
    var drafts = Drafts(profile, tellsKinds: tellsKinds)
    for (index, location) in profile.locations.enumerated() {
      if isUsed[index] {
        calls.append(contentsOf: drafts.calls(of: location))
      }
      bounds.append(calls.count)
    }
    let ranks = rank(drafts.symbols)
    for index in calls.indices {
      let call = calls[index]
      calls[index] = Call(symbol: ranks[Int(call.symbol)], isInlined: call.isInlined)
    }
  }

  /// The calls of a location, outermost first.
  func calls(ofLocation index: Int) -> ArraySlice<Call> { calls[bounds[index]..<bounds[index + 1]] }

  /// Fills `symbols` in order, equal drafts merged, and returns the place each draft has there.
  private mutating func rank(_ drafts: [FlameGraph.Symbol]) -> [UInt32] {
    let order = drafts.indices.sorted { drafts[$0].precedes(drafts[$1]) }
    var ranks = [UInt32](repeating: 0, count: drafts.count)
    for index in order {
      if let last = symbols.last, !last.precedes(drafts[index]) {
        symbols[symbols.count - 1].places.formUnion(drafts[index].places)
      } else {
        symbols.append(drafts[index])
      }
      ranks[index] = UInt32(truncatingIfNeeded: symbols.count - 1)
    }
    return ranks
  }
}

extension FlameGraph.Symbol {
  /// By bytes, not by what Unicode holds for equal: otherwise which of two spellings is shown
  /// would depend on the order of the samples.
  fileprivate func precedes(_ other: FlameGraph.Symbol) -> Bool {
    let shared = min(name.count, other.name.count)
    var index = 0
    while index < shared {
      if name[index] != other.name[index] { return name[index] < other.name[index] }
      index += 1
    }
    if name.count != other.name.count { return name.count < other.name.count }
    return kind.rawValue < other.kind.rawValue
  }
}

/// Symbols in the order they are met, one for each function and side of the kernel's border.
private struct Drafts {
  private let profile: Profile
  private let tellsKinds: Bool
  private(set) var symbols: [FlameGraph.Symbol] = []
  private var ofFunction: [UInt32?]

  init(_ profile: Profile, tellsKinds: Bool) {
    self.profile = profile
    self.tellsKinds = tellsKinds
    ofFunction = Array(repeating: nil, count: profile.functions.count * 2)
  }

  mutating func calls(of location: Profile.Location) -> [SymbolTable.Call] {
    let mapping = location.mapping.flatMap { profile.mappings.indices.contains($0) ? $0 : nil }
    var calls: [SymbolTable.Call] = []
    for (index, line) in location.lines.enumerated().reversed() {
      guard profile.functions.indices.contains(line.function),
        !profile.functions[line.function].name.isEmpty
      else { continue }
      let symbol = draft(function: line.function, line: line.line, mapping: mapping)
      calls.append(.init(symbol: symbol, isInlined: index < location.lines.count - 1))
    }
    if calls.isEmpty {
      calls.append(.init(symbol: draft(address: location.address, mapping), isInlined: false))
    }
    return calls
  }

  private mutating func draft(function index: Int, line: Int64, mapping: Int?) -> UInt32 {
    let inKernel = mapping.map { profile.mappings[$0].isKernel } ?? false
    let slot = index * 2 + (inKernel ? 1 : 0)
    let function = profile.functions[index]
    let known =
      ofFunction[slot]
      ?? add(
        CleanText.bytes(function.name), FrameKind(function, inKernel: inKernel))
    ofFunction[slot] = known
    let firstLine = function.startLine > 0 ? function.startLine : max(0, line)
    symbols[Int(known)].places.insert(
      FlameGraph.Place(function: index, mapping: mapping, line: firstLine))
    return known
  }

  private mutating func draft(address: UInt64, _ mapping: Int?) -> UInt32 {
    var name: [UInt8] = [UInt8(ascii: "[")]
    if let mapping {
      let module = profile.mappings[mapping]
      name.append(contentsOf: CleanText.bytes(module.shortName))
      name.append(UInt8(ascii: "+"))
      // Wraps around where a profile contradicts itself: a wrong number, never a trap.
      name.append(hexadecimal: address &- module.start &+ module.fileOffset)
    } else {
      name.append(hexadecimal: address)
    }
    name.append(UInt8(ascii: "]"))
    let symbol = add(name, .unresolved)
    symbols[Int(symbol)].places.insert(.init(function: nil, mapping: mapping, line: 0))
    return symbol
  }

  private mutating func add(_ name: [UInt8], _ kind: FrameKind) -> UInt32 {
    symbols.append(.init(name: name, kind: tellsKinds ? kind : .c, places: []))
    return UInt32(truncatingIfNeeded: symbols.count - 1)
  }
}

extension Profile.Mapping {
  /// The last component of a path, or the name in brackets without them.
  fileprivate var shortName: String {
    if fileName.hasPrefix("["), fileName.hasSuffix("]") {
      return String(fileName.dropFirst().dropLast())
    }
    let parts = fileName.split(separator: "/")
    return parts.last.map(String.init) ?? "unknown"
  }
}

extension [UInt8] {
  fileprivate mutating func append(hexadecimal number: UInt64) {
    append(contentsOf: "0x".utf8)
    append(contentsOf: String(number, radix: 16).utf8)
  }
}
