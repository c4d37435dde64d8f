internal import CElfutils

/// What a module's files say of its functions: names, source lines, inlined calls.
///
/// In order of belief: the module's own debug information, that of its separate debug file, symbol
/// tables, names of linkage stubs. Belongs to one thread at a time.
public final class FunctionNames {
  /// A function as the compiler wrote it down.
  public struct Function: Sendable, Hashable {
    /// The linkage name where there is one, else the plain name; not demangled.
    public let symbol: String
    /// The name in the source, empty if not known.
    public let plainName: String
    /// Source file and line of its declaration; empty and 0 if not known.
    public let file: String
    public let line: Int

    public init(symbol: String, plainName: String = "", file: String = "", line: Int = 0) {
      self.symbol = symbol
      self.plainName = plainName
      self.file = file
      self.line = line
    }
  }

  /// A call that is going on at an address.
  public struct Frame: Sendable, Hashable {
    /// Index into ``functions``.
    public let function: Int
    /// Source line within it, 0 if not known.
    public let line: Int
  }

  /// Every function that was named so far.
  public private(set) var functions: [Function] = []
  /// Whether there is debug information to know lines and inlined calls from.
  public var hasDebugInformation: Bool { debugInformation != nil }
  /// Whether there is anything to know names from.
  public var hasNames: Bool { hasDebugInformation || !symbols.isEmpty }

  private let opened: OpenedElf
  private var elf: ElfFile { opened.file }
  private let separate: OpenedElf?
  private let debugInformation: DebugInformation?
  private lazy var symbols = SymbolTable(opened.file)
  private lazy var separateSymbols = separate.map { SymbolTable($0.file) }
  private lazy var stubs = LinkageStubs(opened.file)
  private var representative: [[UInt64]: UInt64] = [:]
  private var indexOfFunction: [Function: Int] = [:]

  /// Opens the file anew; nil if it cannot be read as ELF any more.
  public init?(_ source: NameSource) {
    guard let opened = source.reopen() else { return nil }
    self.opened = opened
    if opened.file.hasDebugInformation {
      separate = nil
      debugInformation = DebugInformation(opened.file)
    } else {
      separate = DebugFile.open(for: opened.file, path: source.path)
      debugInformation = separate.flatMap { DebugInformation($0.file) }
    }
  }

  /// Reads now what the first `resolve` of these addresses would read.
  public func prepare(_ addresses: [UInt64]) {
    _ = symbols.isEmpty
    _ = separateSymbols?.isEmpty
    debugInformation?.prepare(addresses)
  }

  /// For each address the first ever asked about that resolves to the same functions and lines;
  /// itself if it is the first, or if nothing is known of it. Reads no names.
  public func representatives(of addresses: [UInt64]) -> [UInt64] {
    addresses.map { address in
      let known = debugInformation?.identity(of: address)
      var identity = known?.words ?? []
      if known?.hasFunction != true {
        guard
          let symbol = symbols.symbol(at: address) ?? separateSymbols?.symbol(at: address)
        else { return address }
        // Behind a zero, which no function's entry begins with.
        identity += [0, symbol.start]
      }
      if let known = representative[identity] { return known }
      representative[identity] = address
      return address
    }
  }

  /// The calls going on at each address, innermost first; empty where nothing is known.
  ///
  /// `addresses` are relative and in ascending order. With `inlines` false only the function that
  /// physically contains the address is given. Each compilation unit that contains one of the
  /// addresses is read once.
  public func resolve(_ addresses: [UInt64], inlines: Bool) -> [[Frame]] {
    var result = [[Frame]](repeating: [], count: addresses.count)
    var lines = [Int](repeating: 0, count: addresses.count)
    if let debugInformation {
      let calls = debugInformation.calls(at: addresses, inlines: inlines)
      lines = calls.lines
      var known: [Int: Int] = [:]
      for (position, chain) in calls.chains.enumerated() where !chain.isEmpty {
        result[position] = frames(
          of: chain, address: addresses[position], innermostLine: lines[position],
          functions: calls.functions, known: &known)
      }
    }
    for position in result.indices where result[position].isEmpty {
      if let name = symbolName(at: addresses[position]) {
        let function = index(of: Function(symbol: name))
        result[position] = [Frame(function: function, line: lines[position])]
      }
    }
    return result
  }

  private func frames(
    of chain: [DebugInformation.Call], address: UInt64, innermostLine: Int,
    functions described: [Function], known: inout [Int: Int]
  ) -> [Frame] {
    var frames: [Frame] = []
    var line = innermostLine
    for (depth, call) in chain.reversed().enumerated() {
      let isOutermost = depth == chain.count - 1
      var function = described[call.function]
      let index: Int
      if isOutermost, !function.symbol.hasPrefix("_Z"), !function.symbol.hasPrefix("$s"),
        !function.symbol.hasPrefix("_R"), function.symbol == function.plainName,
        let name = symbolName(at: address), name != function.symbol
      {
        // GCC leaves the linkage name out of some outermost functions; the symbol table has it.
        // What it adds behind a dot (.part.0, .cold) tells copies of one function apart: leave it.
        let base = name.firstIndex(of: ".").map { String(name[..<$0]) } ?? name
        if base.hasPrefix("_Z") || base.hasPrefix("_R") {
          function = Function(
            symbol: base, plainName: function.plainName, file: function.file, line: function.line)
        }
        index = self.index(of: function)
      } else if let already = known[call.function] {
        index = already
      } else {
        index = self.index(of: function)
        known[call.function] = index
      }
      frames.append(Frame(function: index, line: line))
      line = call.callLine
    }
    return frames
  }

  private func symbolName(at address: UInt64) -> String? {
    if let symbol = symbols.symbol(at: address) { return symbol.name }
    if let symbol = separateSymbols?.symbol(at: address) { return symbol.name }
    if let name = stubs.name(at: address) { return name }
    // What is stripped of all else still says where it begins; the code there, from the C
    // library's crt1.o, is some 40 bytes long.
    let entry = elf.entryAddress
    guard entry != 0, address >= entry, address - entry < 48, symbols.symbol(at: entry) == nil,
      separateSymbols?.symbol(at: entry) == nil
    else { return nil }
    return "_start"
  }

  private func index(of function: Function) -> Int {
    if let index = indexOfFunction[function] { return index }
    functions.append(function)
    indexOfFunction[function] = functions.count - 1
    return functions.count - 1
  }
}
