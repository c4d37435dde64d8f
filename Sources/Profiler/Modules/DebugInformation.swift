internal import CElfutils

/// The DWARF of one file, read unit by unit through libdw.
///
/// Asking libdw for the scopes of one address after the other takes a millisecond each and misses
/// functions that are nested in types; walking each touched unit once takes a microsecond a DIE.
final class DebugInformation {
  private let handle: OpaquePointer
  /// What ``handle`` reads, where that is not the file itself.
  private let inflated: InflatedDebugSections?
  private let executable: [ElfFile.Segment]
  private lazy var units = readUnits()
  private var indexes: [Dwarf_Off: UnitIndex] = [:]
  private var functions: [FunctionNames.Function] = []
  private var functionOfDie: [UInt: Int] = [:]
  private var functionOfOffset: [Dwarf_Off: Int] = [:]

  init?(_ file: ElfFile) {
    inflated = InflatedDebugSections(file)
    guard let handle = dwarf_begin_elf(inflated?.handle ?? file.handle, DWARF_C_READ, nil) else {
      return nil
    }
    self.handle = handle
    executable = file.segments.filter(\.isExecutable)
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

  /// Reads the units that contain any of the addresses, so that `calls` need not.
  func prepare(_ addresses: [UInt64]) {
    for address in addresses {
      if let unit = unit(at: address) { _ = index(of: unit) }
    }
  }

  /// Finds the calls at each address. Each unit that contains one of them is read once.
  func calls(at addresses: [UInt64], inlines: Bool) -> Calls {
    var chains: [[Call]] = []
    var lines: [Int] = []
    chains.reserveCapacity(addresses.count)
    lines.reserveCapacity(addresses.count)
    for address in addresses {
      guard let unit = unit(at: address) else {
        chains.append([])
        lines.append(0)
        continue
      }
      let entries = index(of: unit).entries(at: address, inlines: inlines)
      chains.append(
        entries.map { Call(function: function($0.die), callLine: Int($0.callLine)) })
      lines.append(line(at: address, in: unit))
    }
    return Calls(chains: chains, lines: lines, functions: functions)
  }

  /// What tells an address from others: its line and the calls going on. Addresses with the same
  /// ones resolve alike; `hasFunction` is false if no function is known there.
  func identity(of address: UInt64) -> (words: [UInt64], hasFunction: Bool) {
    guard let unit = unit(at: address) else { return ([], false) }
    let entries = index(of: unit).entries(at: address, inlines: true)
    let line = UInt64(bitPattern: Int64(line(at: address, in: unit)))
    return (
      [line] + entries.flatMap { [$0.die, UInt64(bitPattern: Int64($0.callLine))] },
      !entries.isEmpty
    )
  }

  /// Whether any unit says that the address is its own.
  func describes(_ address: UInt64) -> Bool { unit(at: address) != nil }

  // MARK: Units

  private struct UnitRange {
    let low: UInt64
    let high: UInt64
    let unit: Dwarf_Off
  }

  private func readUnits() -> [UnitRange] {
    var found: [UnitRange] = []
    var unit: OpaquePointer?
    var next: OpaquePointer?
    var die = Dwarf_Die()
    // The skeleton's split unit is not asked for: Swift names clang's module files there.
    while dwarf_get_units(handle, unit, &next, nil, nil, &die, nil) == 0 {
      unit = next
      let offset = dwarf_dieoffset(&die)
      UnitIndex.ranges(of: &die) { low, high in
        if UnitIndex.isCode(low, executable) {
          found.append(UnitRange(low: low, high: high, unit: offset))
        }
      }
    }
    return found.sorted { ($0.low, $0.high) < ($1.low, $1.high) }
  }

  private func unit(at address: UInt64) -> Dwarf_Off? {
    var low = 0
    var high = units.count
    while low < high {
      let middle = (low + high) / 2
      if units[middle].low <= address { low = middle + 1 } else { high = middle }
    }
    // A range within a wider one of another unit hides it from the first look.
    for position in stride(from: low - 1, through: max(0, low - 8), by: -1)
    where position >= 0 && address < units[position].high {
      return units[position].unit
    }
    return nil
  }

  private func index(of unit: Dwarf_Off) -> UnitIndex {
    if let known = indexes[unit] { return known }
    var die = Dwarf_Die()
    var index = UnitIndex(executable: executable)
    if dwarf_offdie(handle, unit, &die) != nil { index.read(&die) }
    indexes[unit] = index
    return index
  }

  private func line(at address: UInt64, in unit: Dwarf_Off) -> Int {
    var die = Dwarf_Die()
    guard dwarf_offdie(handle, unit, &die) != nil, let line = dwarf_getsrc_die(&die, address)
    else { return 0 }
    var number: Int32 = 0
    return dwarf_lineno(line, &number) == 0 ? Int(number) : 0
  }

  // MARK: Functions

  private func function(_ offset: Dwarf_Off) -> Int {
    if let known = functionOfOffset[offset] { return known }
    var origin = Dwarf_Die()
    guard dwarf_offdie(handle, offset, &origin) != nil else { return unnamed() }
    // Copies of one function share what they were copied from.
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
    let index: Int
    if let known = functionOfDie[key] {
      index = known
    } else {
      let plain = dwarf_diename(&origin).map { String(cString: $0) } ?? ""
      let linkage =
        text(&origin, DW_AT_linkage_name) ?? text(&origin, DW_AT_MIPS_linkage_name) ?? plain
      var line: Int32 = 0
      let hasLine = dwarf_decl_line(&origin, &line) == 0
      let file =
        dwarf_decl_file(&origin).map { String(cString: $0) } ?? primaryFile(of: &origin) ?? ""
      functions.append(
        FunctionNames.Function(
          symbol: linkage, plainName: plain, file: file, line: hasLine ? Int(line) : 0))
      index = functions.count - 1
      functionOfDie[key] = index
    }
    functionOfOffset[offset] = index
    return index
  }

  /// The source file of the unit, where that is what the function names as its own: number 0, since DWARF 5 (section
  /// 6.2.4), with which clang begins and libdw up to 0.188 knows nothing to do.
  private func primaryFile(of die: inout Dwarf_Die) -> String? {
    var attribute = Dwarf_Attribute()
    var number: UInt64 = 0
    var version: Dwarf_Half = 0
    var unit = Dwarf_Die()
    guard dwarf_attr_integrate(&die, UInt32(DW_AT_decl_file), &attribute) != nil,
      dwarf_formudata(&attribute, &number) == 0, number == 0,
      dwarf_cu_die(die.cu, &unit, &version, nil, nil, nil, nil, nil) != nil, version >= 5,
      let name = text(&unit, DW_AT_name)
    else { return nil }
    if name.hasPrefix("/") { return name }
    return text(&unit, DW_AT_comp_dir).map { "\($0)/\(name)" } ?? name
  }

  private func unnamed() -> Int {
    functions.append(FunctionNames.Function(symbol: ""))
    return functions.count - 1
  }

  private func text(_ die: inout Dwarf_Die, _ name: Int) -> String? {
    var attribute = Dwarf_Attribute()
    guard dwarf_attr_integrate(&die, UInt32(name), &attribute) != nil,
      let text = dwarf_formstring(&attribute)
    else { return nil }
    return String(cString: text)
  }
}
