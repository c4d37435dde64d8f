internal import CDemangle
internal import Glibc

/// Symbols as compilers write them → names as people write them.
public enum Demangling {
  /// The short name shown in pictures and tables: `Socket.write(pointer:)`, `std::sort<…>`,
  /// `alloc::vec::Vec<T,A>::push`. What a compiler made of one function (specialisations, thunks,
  /// split-off parts) gets the function's own name. A name that is not mangled stays as it is,
  /// less what compilers append behind a dot.
  public static func displayName(_ symbol: String) -> String {
    if symbol.hasSuffix(stub) { return displayName(String(symbol.dropLast(stub.count))) + stub }
    if isSwift(symbol) {
      guard let full = swiftName(symbol) else { return symbol }
      return SwiftNameSimplifier.simplify(full)
    }
    if let name = itaniumOrRustName(symbol, verbose: false) {
      return TemplateAbbreviation.abbreviate(withoutCloneSuffix(name))
    }
    return withoutCompilerSuffix(symbol)
  }

  /// What is behind the name of a linkage stub, as objdump writes it.
  private static let stub = "@plt"

  /// The whole signature with modules and types, nil if the symbol is not mangled.
  public static func signature(_ symbol: String) -> String? {
    let symbol = symbol.hasSuffix(stub) ? String(symbol.dropLast(stub.count)) : symbol
    return isSwift(symbol) ? swiftName(symbol) : itaniumOrRustName(symbol, verbose: true)
  }

  static func isSwift(_ symbol: String) -> Bool {
    symbol.hasPrefix("$s") || symbol.hasPrefix("$S") || symbol.hasPrefix("$e")
      || symbol.hasPrefix("_T0") || symbol.hasPrefix("@$s") || symbol.hasPrefix("_$s")
  }

  /// `swift_demangle` of the Swift runtime (swift/include/swift/Demangling/Demangle.h).
  static func swiftName(_ symbol: String) -> String? {
    // Deep nesting recurses in the runtime: a name longer than any compiler writes is not tried.
    guard symbol.utf8.count < 16_384 else { return nil }
    let count = UInt(symbol.utf8.count)
    guard let text = symbol.withCString({ swift_demangle($0, count, nil, nil, 0) }) else {
      return nil
    }
    defer { free(text) }
    return String(cString: text)
  }

  static func itaniumOrRustName(_ symbol: String, verbose: Bool) -> String? {
    guard symbol.hasPrefix("_Z") || symbol.hasPrefix("_R") || symbol.hasPrefix("__Z"),
      symbol.utf8.count < 16_384, let text = lynx_demangle(symbol, verbose ? 1 : 0)
    else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  /// libiberty writes `f [clone .part.0]` for what GCC split off.
  private static func withoutCloneSuffix(_ name: String) -> String {
    guard name.utf8.last == UInt8(ascii: "]"), let clone = name.firstRange(of: " [clone ") else {
      return name
    }
    return String(name[..<clone.lowerBound])
  }

  private static let compilerSuffixes = [
    "part", "cold", "isra", "constprop", "lto_priv", "llvm", "localalias", "warm",
  ]

  /// `f.constprop.0.isra.1` → `f`.
  private static func withoutCompilerSuffix(_ symbol: String) -> String {
    let parts = symbol.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count > 1, let first = parts.first, !first.isEmpty,
      let next = parts.dropFirst().first, compilerSuffixes.contains(String(next))
    else { return symbol }
    return String(first)
  }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
@_silgen_name("swift_demangle")
private func swift_demangle(
  _ name: UnsafePointer<CChar>, _ count: UInt, _ buffer: UnsafeMutablePointer<CChar>?,
  _ bufferCount: UnsafeMutablePointer<UInt>?, _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?
