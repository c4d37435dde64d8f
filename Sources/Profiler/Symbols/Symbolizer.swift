public import Modules

/// A function as it is shown.
public struct NamedFunction: Hashable, Sendable {
  /// Short and demangled, unless demangling was not wanted.
  public let name: String
  /// As the compiler wrote it.
  public let symbol: String
  /// Source file and line of its declaration; empty and 0 if not known.
  public let file: String
  public let line: Int
}

/// A call going on at an address.
public struct NamedFrame: Hashable, Sendable {
  /// Index into ``Symbolizer/functions``.
  public let function: Int
  /// Source line within it, 0 if not known.
  public let line: Int
}

/// Addresses → functions, source lines and inlined callers; each distinct address once, at the end.
public final class Symbolizer {
  public struct Options: Sendable {
    public var inlines: Bool
    public var demangle: Bool

    public init(inlines: Bool = true, demangle: Bool = true) {
      self.inlines = inlines
      self.demangle = demangle
    }
  }

  /// What one module's addresses were resolved to.
  public struct Resolution: Sendable {
    /// For each address the calls going on, innermost first; empty where nothing is known.
    public let frames: [[NamedFrame]]
    public let hasDebugInformation: Bool
    /// Why some have no name, for a person; nil if all have one.
    public let problem: String?
  }

  /// Every function named so far.
  public private(set) var functions: [NamedFunction] = []
  private let options: Options
  private let sources: NameSources
  private var indexOfFunction: [NamedFunction: Int] = [:]
  private var displayNames: [String: String] = [:]

  public init(sources: NameSources, options: Options) {
    self.sources = sources
    self.options = options
  }

  /// Resolves addresses of one module, relative and in ascending order.
  public func resolve(_ addresses: [UInt64], in module: ModuleFile) -> Resolution {
    switch module.origin {
    case .kernel:
      let kernel = sources.kernel()
      return resolve(
        addresses, problem: kernel?.problem ?? "kernel symbols were not read"
      ) { kernel?.name(at: $0) }
    case .generated(let process):
      let map = PerfMap(process: process)
      return resolve(
        addresses,
        problem: "code generated at run time without a /tmp/perf-\(process).map"
      ) { map.name(at: $0) }
    case .unreadable(let reason):
      return Resolution(
        frames: Array(repeating: [], count: addresses.count), hasDebugInformation: false,
        problem: reason)
    case .file, .vdso:
      guard let names = sources.names(of: module) else {
        return Resolution(
          frames: Array(repeating: [], count: addresses.count), hasDebugInformation: false,
          problem: "not readable as an ELF file")
      }
      let found = names.resolve(addresses, inlines: options.inlines)
      var index: [Int?] = Array(repeating: nil, count: names.functions.count)
      let frames = found.map { chain in
        chain.map { frame in
          let function = index[frame.function] ?? self.index(of: names.functions[frame.function])
          index[frame.function] = function
          return NamedFrame(function: function, line: frame.line)
        }
      }
      let unnamed = frames.contains { $0.isEmpty }
      return Resolution(
        frames: frames, hasDebugInformation: names.hasDebugInformation,
        problem: unnamed ? Self.stripped(module, names) : nil)
    }
  }

  private func resolve(
    _ addresses: [UInt64], problem: String, name: (UInt64) -> String?
  ) -> Resolution {
    let frames = addresses.map { address -> [NamedFrame] in
      guard let symbol = name(address) else { return [] }
      let function = FunctionNames.Function(symbol: symbol)
      return [NamedFrame(function: index(of: function), line: 0)]
    }
    return Resolution(
      frames: frames, hasDebugInformation: false,
      problem: frames.contains { $0.isEmpty } ? problem : nil)
  }

  private static func stripped(_ module: ModuleFile, _ names: FunctionNames) -> String {
    if names.hasDebugInformation { return "its debug information names no function there" }
    let identity =
      module.buildID.isEmpty ? "it has no build-id" : "none in /usr/lib/debug for its build-id"
    return names.hasNames
      ? "stripped of all but exported names, no debug file (\(identity))"
      : "stripped, no debug file (\(identity))"
  }

  private func index(of function: FunctionNames.Function) -> Int {
    let named = NamedFunction(
      name: displayName(function), symbol: function.symbol, file: function.file,
      line: function.line)
    if let index = indexOfFunction[named] { return index }
    functions.append(named)
    indexOfFunction[named] = functions.count - 1
    return functions.count - 1
  }

  private func displayName(_ function: FunctionNames.Function) -> String {
    guard options.demangle else { return function.symbol }
    if let known = displayNames[function.symbol] { return known }
    let name = Demangling.displayName(function.symbol)
    displayNames[function.symbol] = name
    return name
  }
}
