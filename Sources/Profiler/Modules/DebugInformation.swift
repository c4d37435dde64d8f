internal import CElfutils

/// The DWARF of one file, read for a set of addresses at once through libdw.
///
/// Asking libdw for the scopes of one address after the other takes a millisecond each and misses
/// functions that are nested in types; walking each touched unit once takes a microsecond a DIE.
final class DebugInformation {
  private let handle: OpaquePointer

  init?(_ file: ElfFile) {
    guard let handle = dwarf_begin_elf(file.handle, DWARF_C_READ, nil) else { return nil }
    self.handle = handle
  }

  deinit { dwarf_end(handle) }

  /// One call going on at an address.
  struct Call {
    /// Index into ``Calls/functions``.
    let function: Int
    /// For an inlined call, the line in the caller.
    let callLine: Int
  }

  struct Calls {
    /// For each address the calls going on, outermost first.
    var chains: [[Call]]
    /// For each address its source line, 0 if not known.
    var lines: [Int]
    var functions: [FunctionNames.Function]
  }

  /// Finds the calls at addresses that are in ascending order. Functions that the linker threw
  /// away keep ranges outside of `executable`: those are passed over.
  func calls(at addresses: [UInt64], inlines: Bool, executable: [ElfFile.Segment]) -> Calls {
    var walk = Walk(addresses: addresses, inlines: inlines, executable: executable)
    var unit: OpaquePointer?
    var next: OpaquePointer?
    var unitDie = Dwarf_Die()
    // The skeleton's split unit is not asked for: Swift names clang's module files there.
    while dwarf_get_units(handle, unit, &next, nil, nil, &unitDie, nil) == 0 {
      unit = next
      var touched: [Int] = []
      Ranges.of(&unitDie) { low, high in
        touched.append(contentsOf: walk.positions(low, high))
      }
      if touched.isEmpty { continue }
      walk.children(of: &unitDie)
      for position in touched where walk.result.lines[position] == 0 {
        walk.result.lines[position] = line(at: addresses[position], in: &unitDie)
      }
    }
    return walk.result
  }

  private func line(at address: UInt64, in unit: inout Dwarf_Die) -> Int {
    guard let line = dwarf_getsrc_die(&unit, address) else { return 0 }
    var number: Int32 = 0
    return dwarf_lineno(line, &number) == 0 ? Int(number) : 0
  }

  private enum Ranges {
    static func of(_ die: inout Dwarf_Die, _ body: (UInt64, UInt64) -> Void) {
      var base: UInt64 = 0
      var low: UInt64 = 0
      var high: UInt64 = 0
      var offset = dwarf_ranges(&die, 0, &base, &low, &high)
      while offset > 0 {
        if low < high { body(low, high) }
        offset = dwarf_ranges(&die, offset, &base, &low, &high)
      }
    }
  }

  /// One pass over the units that contain any of the addresses.
  private struct Walk {
    let addresses: [UInt64]
    let inlines: Bool
    let executable: [ElfFile.Segment]
    var result: Calls
    private var functionOfDie: [UInt: Int] = [:]
    private var depth = 0

    init(addresses: [UInt64], inlines: Bool, executable: [ElfFile.Segment]) {
      self.addresses = addresses
      self.inlines = inlines
      self.executable = executable
      result = Calls(
        chains: Array(repeating: [], count: addresses.count),
        lines: Array(repeating: 0, count: addresses.count), functions: [])
    }

    /// The positions of the addresses within [low, high).
    func positions(_ low: UInt64, _ high: UInt64) -> Range<Int> {
      var first = 0
      var last = addresses.count
      while first < last {
        let middle = (first + last) / 2
        if addresses[middle] < low { first = middle + 1 } else { last = middle }
      }
      guard first < addresses.count, addresses[first] < high else { return first..<first }
      guard
        executable.contains(where: { low >= $0.address && low - $0.address < $0.memorySize })
      else { return first..<first }
      var end = first
      while end < addresses.count, addresses[end] < high { end += 1 }
      return first..<end
    }

    /// Visits what may contain functions, at any depth: Swift nests them in types and modules,
    /// C++ in classes and namespaces, and an outer one without code may hold one with.
    mutating func children(of die: inout Dwarf_Die) {
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
          note(&child, isInlined: false)
          children(of: &child)
        case DW_TAG_inlined_subroutine:
          guard inlines else { continue }
          note(&child, isInlined: true)
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

    private mutating func note(_ die: inout Dwarf_Die, isInlined: Bool) {
      var found: [Range<Int>] = []
      Ranges.of(&die) { low, high in
        let range = positions(low, high)
        if !range.isEmpty { found.append(range) }
      }
      if found.isEmpty { return }
      let call = Call(
        function: function(&die), callLine: isInlined ? number(&die, DW_AT_call_line) : 0)
      for range in found {
        for position in range {
          // A function of its own, though written down inside another, was not inlined there.
          if !isInlined { result.chains[position].removeAll(keepingCapacity: true) }
          result.chains[position].append(call)
        }
      }
    }

    private mutating func function(_ die: inout Dwarf_Die) -> Int {
      // Copies of one function share what they were copied from.
      var origin = die
      var attribute = Dwarf_Attribute()
      var next = Dwarf_Die()
      var steps = 0
      while steps < 16, dwarf_attr(&origin, UInt32(DW_AT_abstract_origin), &attribute) != nil,
        dwarf_formref_die(&attribute, &next) != nil
      {
        origin = next
        steps += 1
      }
      let key = UInt(bitPattern: origin.addr)
      if let known = functionOfDie[key] { return known }
      let plain = dwarf_diename(&origin).map { String(cString: $0) } ?? ""
      let linkage =
        text(&origin, DW_AT_linkage_name) ?? text(&origin, DW_AT_MIPS_linkage_name) ?? plain
      var line: Int32 = 0
      let hasLine = dwarf_decl_line(&origin, &line) == 0
      let file = dwarf_decl_file(&origin).map { String(cString: $0) } ?? ""
      result.functions.append(
        FunctionNames.Function(
          symbol: linkage, plainName: plain, file: file, line: hasLine ? Int(line) : 0))
      functionOfDie[key] = result.functions.count - 1
      return result.functions.count - 1
    }

    private func text(_ die: inout Dwarf_Die, _ name: Int) -> String? {
      var attribute = Dwarf_Attribute()
      guard dwarf_attr_integrate(&die, UInt32(name), &attribute) != nil,
        let text = dwarf_formstring(&attribute)
      else { return nil }
      return String(cString: text)
    }

    private func number(_ die: inout Dwarf_Die, _ name: Int) -> Int {
      var attribute = Dwarf_Attribute()
      var value: UInt64 = 0
      guard dwarf_attr(&die, UInt32(name), &attribute) != nil,
        dwarf_formudata(&attribute, &value) == 0
      else { return 0 }
      return Int(clamping: value)
    }
  }
}
