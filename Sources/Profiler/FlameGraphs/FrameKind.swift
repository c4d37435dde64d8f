internal import Profiles

/// What a frame's code is, as far as its symbol and module tell.
public enum FrameKind: UInt8, Sendable, CaseIterable {
  case swift, cxx, rust, c, kernel, unresolved
}

extension FrameKind {
  /// The kind of a function with a name, in a kernel mapping or not.
  init(_ function: Profile.Function, inKernel: Bool) {
    if inKernel {
      self = .kernel
    } else if !function.systemName.isEmpty {
      self = FrameKind(symbol: function.systemName) ?? .c
    } else if function.name.hasPrefix("[") {
      self = .unresolved
    } else {
      // Folded stacks carry no symbol: the name may be one itself, or at least look like C++.
      self = FrameKind(symbol: function.name) ?? (function.name.holdsScope ? .cxx : .c)
    }
  }

  /// The language whose mangling `symbol` shows; nil if it shows none.
  private init?(symbol: String) {
    if ["$s", "$S", "$e", "_$s", "_$S", "_T0", "@__swiftmacro_"].contains(where: symbol.hasPrefix) {
      self = .swift
    } else if symbol.isRustVersion0 {
      self = .rust
    } else if symbol.hasPrefix("_Z") || symbol.hasPrefix("__Z") {
      self = symbol.endsWithRustHash ? .rust : .cxx
    } else {
      return nil
    }
  }
}

extension String {
  /// Whether `::` occurs.
  fileprivate var holdsScope: Bool {
    zip(utf8, utf8.dropFirst()).contains { $0 == UInt8(ascii: ":") && $1 == UInt8(ascii: ":") }
  }

  /// `_R` and the tag of a path, so that a C function called `_Restore` is none.
  fileprivate var isRustVersion0: Bool {
    guard hasPrefix("_R"), let tag = utf8.dropFirst(2).first else { return false }
    return "CMXYNIB".utf8.contains(tag) && utf8.count > 4
  }

  /// Legacy Rust is C++'s mangling with a hash as the last component: `17h`, 16 digits, `E`.
  fileprivate var endsWithRustHash: Bool {
    var symbol = utf8[...]
    if let dot = symbol.firstIndex(of: UInt8(ascii: ".")) { symbol = symbol[..<dot] }
    let tail = symbol.suffix(20)
    guard tail.count == 20, tail.starts(with: "17h".utf8), tail.last == UInt8(ascii: "E") else {
      return false
    }
    return tail.dropFirst(3).dropLast().allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
  }
}
