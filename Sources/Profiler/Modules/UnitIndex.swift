internal import CElfutils

/// Which functions, and which calls inlined into them, lie where in one compilation unit.
struct UnitIndex {
  /// A function, or a call inlined into one, and one of the ranges it covers.
  struct Entry {
    let low: UInt64
    let high: UInt64
    let die: Dwarf_Off
    /// For an inlined call, the line in its caller.
    let callLine: Int32
  }

  /// A range of a function with code of its own, and what was inlined there.
  private struct Function {
    let entry: Entry
    /// The entries of the calls inlined into it, each before those inlined into it in turn.
    var inlined: Range<Int>
  }

  private let executable: [ElfFile.Segment]
  private var functions: [Function] = []
  private var inlined: [Entry] = []
  private var depth = 0

  /// Functions that the linker threw away keep ranges outside of `executable`: those are left out.
  init(executable: [ElfFile.Segment]) {
    self.executable = executable
  }

  /// The function that contains an address and the calls inlined there, outermost first.
  func entries(at address: UInt64, inlines: Bool) -> [Entry] {
    var low = 0
    var high = functions.count
    while low < high {
      let middle = (low + high) / 2
      if functions[middle].entry.low <= address { low = middle + 1 } else { high = middle }
    }
    for position in stride(from: low - 1, through: max(0, low - 8), by: -1)
    where position >= 0 && address < functions[position].entry.high {
      let function = functions[position]
      guard inlines else { return [function.entry] }
      return [function.entry]
        + inlined[function.inlined].filter { $0.low <= address && address < $0.high }
    }
    return []
  }

  /// Reads a unit. Takes about a microsecond a DIE.
  mutating func read(_ unit: inout Dwarf_Die) {
    children(of: &unit)
    // Of functions at one address the last written down is found first.
    functions = functions.enumerated()
      .sorted { ($0.element.entry.low, $0.offset) < ($1.element.entry.low, $1.offset) }
      .map(\.element)
  }

  /// Visits what may contain functions, at any depth: Swift nests them in types and modules,
  /// C++ in classes and namespaces, and an outer one without code may hold one with.
  private mutating func children(of die: inout Dwarf_Die) {
    // Deeper nesting than any compiler writes means a damaged file.
    guard depth < 500 else { return }
    depth += 1
    defer { depth -= 1 }
    var child = Dwarf_Die()
    guard dwarf_child(&die, &child) == 0 else { return }
    var sibling = child
    repeat {
      child = sibling
      switch Int(dwarf_tag(&child)) {
      case DW_TAG_subprogram:
        function(&child)
      case DW_TAG_inlined_subroutine:
        let offset = dwarf_dieoffset(&child)
        let line = Int32(clamping: Self.number(&child, DW_AT_call_line))
        Self.ranges(of: &child) { low, high in
          inlined.append(Entry(low: low, high: high, die: offset, callLine: line))
        }
        children(of: &child)
      case DW_TAG_lexical_block, DW_TAG_namespace, DW_TAG_module, DW_TAG_class_type,
        DW_TAG_structure_type, DW_TAG_union_type, DW_TAG_enumeration_type,
        DW_TAG_interface_type, DW_TAG_variant_part, DW_TAG_variant, DW_TAG_try_block,
        DW_TAG_catch_block:
        children(of: &child)
      default:
        break
      }
    } while dwarf_siblingof(&child, &sibling) == 0
  }

  private mutating func function(_ die: inout Dwarf_Die) {
    let offset = dwarf_dieoffset(&die)
    var ranges: [Entry] = []
    Self.ranges(of: &die) { low, high in
      if Self.isCode(low, executable) {
        ranges.append(Entry(low: low, high: high, die: offset, callLine: 0))
      }
    }
    let first = inlined.count
    children(of: &die)
    for range in ranges {
      functions.append(Function(entry: range, inlined: first..<inlined.count))
    }
  }

  static func isCode(_ address: UInt64, _ executable: [ElfFile.Segment]) -> Bool {
    executable.contains { address >= $0.address && address - $0.address < $0.memorySize }
  }

  static func ranges(of die: inout Dwarf_Die, _ body: (UInt64, UInt64) -> Void) {
    var base: UInt64 = 0
    var low: UInt64 = 0
    var high: UInt64 = 0
    var offset = dwarf_ranges(&die, 0, &base, &low, &high)
    while offset > 0 {
      if low < high { body(low, high) }
      offset = dwarf_ranges(&die, offset, &base, &low, &high)
    }
  }

  private static func number(_ die: inout Dwarf_Die, _ name: Int) -> UInt64 {
    var attribute = Dwarf_Attribute()
    var value: UInt64 = 0
    guard dwarf_attr(&die, UInt32(name), &attribute) != nil,
      dwarf_formudata(&attribute, &value) == 0
    else { return 0 }
    return value
  }
}
