/// A demangled Swift name → what a Swift programmer calls it.
///
/// Modules, types of parameters, results and generic arguments go; labels stay. What the compiler
/// derived from a function (a specialisation, a partial application, a continuation after an
/// `await`, a witness) takes the function's own name. Works on the text of `swift_demangle`, whose
/// forms are those of the runtime's NodePrinter; a form it does not know is left as it is.
enum SwiftNameSimplifier {
  static func simplify(_ name: String) -> String {
    var scanner = Scanner(Array(name.utf8))
    let result = scanner.simplified()
    return result.isEmpty ? name : String(decoding: result, as: UTF8.self)
  }

  /// What stands before the name of the function that something was made of.
  private static let derivations = [
    "merged ", "partial apply forwarder for ", "partial apply for ", "async function pointer to ",
    "dispatch thunk of ", "method descriptor for ", "dynamically replaceable thunk for ",
    "@objc ", "@nonobjc ", "distributed thunk ", "back deployment fallback for ",
    "back deployment thunk for ", "coroutine continuation prototype for ",
    "default override of ", "curry thunk of ", "suspend resume partial function for ",
    "await resume partial function for ",
  ]

  /// Followed by arguments in angle brackets and `of`.
  private static let specializations = [
    "generic specialization ", "function signature specialization ",
    "generic not re-abstracted specialization ", "generic not re-abstracted specialization",
    "generic partial specialization ", "generic pre-specialization ",
    "generic prespecialization ", "inlined generic function ",
    "generic partial specialization (not re-abstracted) ",
  ]

  /// Things that are made for a type or a declaration and have no other name.
  private static let describedTypes = [
    "type metadata accessor for ", "type metadata instantiation function for ",
    "type metadata completion function for ", "type metadata instantiation cache for ",
    "type metadata for ", "nominal type descriptor for ", "value witness table for ",
    "lazy protocol witness table accessor for type ", "outlined copy of ", "outlined consume of ",
    "outlined retain of ", "outlined release of ", "outlined destroy of ",
    "outlined init with copy of ", "outlined init with take of ", "outlined assign with copy of ",
    "outlined assign with take of ", "outlined enum destroy of ", "outlined enum tag store of ",
    "outlined read of ", "outlined variable #", "demangling cache variable for type metadata for ",
    "base witness table accessor for ", "associated type witness table accessor for ",
    "associated type metadata accessor for ", "protocol witness table accessor for ",
    "associated conformance descriptor for ", "default associated conformance accessor for ",
    "instantiation function for generic protocol witness table for ",
  ]

  private static let describedEntities = [
    "one-time initialization function for ", "one-time initialization token for ",
    "variable initialization expression of ", "key path getter for ", "key path setter for ",
    "property wrapper backing initializer of ", "key path index equality operator for ",
  ]

  private struct Scanner {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }
    private init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    mutating func simplified() -> [UInt8] {
      dropSuffix()
      while dropDerivation() {}
      if drop("protocol witness for ") { return witness() }
      if drop("reabstraction thunk helper ") { return Array("reabstraction thunk".utf8) }
      for description in describedTypes where drop(description) {
        return Array(description.utf8) + withoutModules(upTo(" and conformance ") ?? bytes)
      }
      for description in describedEntities where drop(description) {
        return Array(description.utf8) + simplified()
      }
      if let marker = first(" value witness for ") {
        let type = bytes[(marker + " value witness for ".utf8.count)...]
        return Array(bytes[..<marker]) + Array(" for ".utf8) + withoutModules(type)
      }
      if let closure = closure() { return closure }
      return entity()
    }

    /// ` with unmangled suffix ".resume.0"`: what LLVM appended.
    private mutating func dropSuffix() {
      if let marker = first(" with unmangled suffix ") { bytes = bytes[..<marker] }
    }

    private mutating func dropDerivation() -> Bool {
      for derivation in derivations where drop(derivation) { return true }
      // (3) suspend resume partial function for …
      if bytes.first == UInt8(ascii: "("), let close = bytes.firstIndex(of: UInt8(ascii: ")")),
        close > bytes.startIndex + 1, bytes[(bytes.startIndex + 1)..<close].allSatisfy(isDigit),
        bytes[close...].dropFirst().first == UInt8(ascii: " ")
      {
        bytes = bytes[(close + 2)...]
        return true
      }
      for specialization in specializations where starts(with: specialization) {
        let rest = bytes.dropFirst(specialization.utf8.count)
        guard let open = rest.firstIndex(of: UInt8(ascii: "<")),
          let end = closing(open)
        else { continue }
        var after = Scanner(bytes[(end + 1)...])
        guard after.drop(" of ") else { continue }
        bytes = after.bytes
        return true
      }
      return false
    }

    /// `Protocol.requirement(…) in conformance Type : Protocol in Module` → `Type.requirement(…)`.
    private mutating func witness() -> [UInt8] {
      let marker = " in conformance "
      guard let position = first(marker) else { return entity() }
      var requirement = Scanner(bytes[..<position])
      let isStatic = requirement.drop("static ")
      var type = Scanner(bytes[(position + marker.utf8.count)...])
      type.bytes = type.upTo(" : ") ?? type.bytes
      // <A> before the type names its parameters.
      if type.bytes.first == UInt8(ascii: "<"), let end = type.closing(type.bytes.startIndex) {
        type.bytes = type.bytes[(end + 1)...].drop { $0 == UInt8(ascii: " ") }
      }
      let name = requirement.simplified()
      let typeName = type.withoutGenerics(type.withoutModules(type.bytes)[...])
      let labels = name.firstIndex(of: UInt8(ascii: "(")) ?? name.endIndex
      // The protocol's name is the first component.
      let dot = name[..<labels].firstIndex(of: UInt8(ascii: "."))
      let member = dot.map { Array(name[($0 + 1)...]) } ?? name
      return (isStatic ? Array("static ".utf8) : []) + typeName + [UInt8(ascii: ".")] + member
    }

    /// `closure #1 @Sendable (A) -> B in CONTEXT` → `closure #1 in CONTEXT`.
    private mutating func closure() -> [UInt8]? {
      for word in ["closure #", "implicit closure #"] where starts(with: word) {
        let number = bytes.dropFirst(word.utf8.count).prefix(while: isDigit)
        guard let marker = firstAtTopLevel(" in ") else { return nil }
        var context = Scanner(bytes[(marker + 4)...])
        return Array(word.utf8) + number + Array(" in ".utf8) + context.simplified()
      }
      return nil
    }

    /// A function, accessor, initialiser: path, labels, and for a local one its context.
    private mutating func entity() -> [UInt8] {
      var result: [UInt8] = []
      for word in ["static ", "class "] where drop(word) { result.append(contentsOf: word.utf8) }
      let (path, isComplete) = path()
      result.append(contentsOf: path)
      // A local function: `name #1 (…) -> … in CONTEXT`.
      var isLocal = false
      if starts(with: " #"), bytes.dropFirst(2).first.map(isDigit) == true {
        isLocal = true
        bytes = bytes.dropFirst(2).drop(while: isDigit).drop { $0 == UInt8(ascii: " ") }
      }
      if isComplete, bytes.first == UInt8(ascii: "<"), let end = closing(bytes.startIndex) {
        bytes = bytes[(end + 1)...].drop { $0 == UInt8(ascii: " ") }
      }
      for word in [" infix", " prefix", " postfix"] where drop(word) {}
      if bytes.first == UInt8(ascii: "("), let end = closing(bytes.startIndex) {
        result.append(contentsOf: labels(bytes[(bytes.startIndex + 1)..<end]))
        bytes = bytes[(end + 1)...]
      }
      if isLocal, let marker = firstAtTopLevel(" in ") {
        var context = Scanner(bytes[(marker + 4)...])
        result.append(contentsOf: " in ".utf8)
        result.append(contentsOf: context.simplified())
      }
      return result
    }

    /// The dotted name up to its parameters or type, without its module and generic arguments.
    private mutating func path() -> ([UInt8], isComplete: Bool) {
      var components: [[UInt8]] = [[]]
      var scanned = 0
      while let byte = bytes.first {
        let atStart = components[components.count - 1].isEmpty
        if byte == UInt8(ascii: "("), atStart {
          // (extension in Module):… or (name in _DISCRIMINATOR)
          guard let end = closing(bytes.startIndex) else { break }
          var inner = Scanner(bytes[(bytes.startIndex + 1)..<end])
          bytes = bytes[(end + 1)...]
          if inner.drop("extension in ") {
            if bytes.first == UInt8(ascii: ":") { bytes = bytes.dropFirst() }
          } else {
            let name = inner.upTo(" in ") ?? inner.bytes
            components[components.count - 1].append(contentsOf: name)
          }
        } else if byte == UInt8(ascii: "<"), !atStart {
          guard let end = closing(bytes.startIndex) else { break }
          bytes = bytes[(end + 1)...]
        } else if byte == UInt8(ascii: "."), !atStart {
          components.append([])
          bytes = bytes.dropFirst()
        } else if atStart, isOperatorCharacter(byte) {
          let name = bytes.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "(") }
          components[components.count - 1].append(contentsOf: name)
          bytes = bytes.dropFirst(name.count)
          break
        } else if byte == UInt8(ascii: "(") || byte == UInt8(ascii: " ") {
          break
        } else {
          components[components.count - 1].append(byte)
          bytes = bytes.dropFirst()
        }
        scanned += 1
      }
      if components.count > 1 { components.removeFirst() }
      return (Array(components.joined(separator: [UInt8(ascii: ".")])), scanned > 0)
    }

    /// `label: Type, Type` → `(label:_:)`.
    private func labels(_ parameters: ArraySlice<UInt8>) -> [UInt8] {
      var result: [UInt8] = [UInt8(ascii: "(")]
      for parameter in split(parameters) {
        var scanner = Scanner(parameter.drop { $0 == UInt8(ascii: " ") })
        if scanner.bytes.isEmpty { continue }
        let name = scanner.bytes.prefix { isIdentifierCharacter($0) }
        scanner.bytes = scanner.bytes.dropFirst(name.count)
        if !name.isEmpty, scanner.starts(with: ": ") {
          result.append(contentsOf: name)
        } else {
          result.append(UInt8(ascii: "_"))
        }
        result.append(UInt8(ascii: ":"))
      }
      return result + [UInt8(ascii: ")")]
    }

    // MARK: Types

    /// Drops the first component of every dotted name.
    private func withoutModules(_ text: ArraySlice<UInt8>) -> [UInt8] {
      var result: [UInt8] = []
      var position = text.startIndex
      while position < text.endIndex {
        let byte = text[position]
        if byte == UInt8(ascii: "("), text[position...].starts(with: "(extension in ".utf8),
          let end = Scanner(text).closing(position), end + 1 < text.endIndex
        {
          position = end + 2
          continue
        }
        guard isIdentifierCharacter(byte) else {
          result.append(byte)
          position += 1
          continue
        }
        let word = text[position...].prefix(while: isIdentifierCharacter)
        position = word.endIndex
        let follows = position + 1 < text.endIndex && text[position] == UInt8(ascii: ".")
          && (isIdentifierCharacter(text[position + 1]) || text[position + 1] == UInt8(ascii: "("))
        let precedes = word.startIndex > text.startIndex && text[word.startIndex - 1] == UInt8(ascii: ".")
        if follows, !precedes {
          position += 1
          // The next component is the first that counts, whatever stands before it.
          let next = text[position...].prefix(while: isIdentifierCharacter)
          result.append(contentsOf: next)
          position = next.endIndex
        } else {
          result.append(contentsOf: word)
        }
      }
      return result
    }

    private func withoutGenerics(_ text: ArraySlice<UInt8>) -> [UInt8] {
      guard let open = text.firstIndex(of: UInt8(ascii: "<")), let end = Scanner(text).closing(open)
      else { return Array(text) }
      return Array(text[..<open]) + withoutGenerics(text[(end + 1)...])
    }

    // MARK: Text

    private func starts(with word: String) -> Bool { bytes.starts(with: word.utf8) }

    private mutating func drop(_ word: String) -> Bool {
      guard starts(with: word) else { return false }
      bytes = bytes.dropFirst(word.utf8.count)
      return true
    }

    private func first(_ word: String) -> Int? {
      // By hand: the general search is a hundred times slower on bytes this few.
      let word = Array(word.utf8)
      guard let initial = word.first, bytes.count >= word.count else { return nil }
      for position in bytes.startIndex...(bytes.endIndex - word.count)
      where bytes[position] == initial && bytes[position...].starts(with: word) {
        return position
      }
      return nil
    }

    private func upTo(_ word: String) -> ArraySlice<UInt8>? {
      first(word).map { bytes[..<$0] }
    }

    /// The first place of a word outside of any brackets.
    private func firstAtTopLevel(_ word: String) -> Int? {
      var position = bytes.startIndex
      while position < bytes.endIndex {
        let byte = bytes[position]
        if "([<".utf8.contains(byte), let end = closing(position) {
          position = end + 1
        } else if bytes[position...].starts(with: word.utf8) {
          return position
        } else {
          position += 1
        }
      }
      return nil
    }

    /// The bracket that closes the one at a position.
    private func closing(_ open: Int) -> Int? {
      var depth = 0
      for position in open..<bytes.endIndex {
        switch bytes[position] {
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "<"): depth += 1
        case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
        case UInt8(ascii: ">"):
          if bytes[position - 1] == UInt8(ascii: "-") { continue }
          depth -= 1
        default: continue
        }
        if depth == 0 { return position }
      }
      return nil
    }

    private func split(_ text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
      var parts: [ArraySlice<UInt8>] = []
      var depth = 0
      var start = text.startIndex
      for position in text.indices {
        switch text[position] {
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "<"): depth += 1
        case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
        case UInt8(ascii: ">") where text[position - 1] != UInt8(ascii: "-"): depth -= 1
        case UInt8(ascii: ",") where depth == 0:
          parts.append(text[start..<position])
          start = position + 1
        default: break
        }
      }
      return parts + [text[start...]]
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private static func isIdentifierCharacter(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$") || byte >= 0x80
      || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
  }

  private static func isOperatorCharacter(_ byte: UInt8) -> Bool {
    "=<>!+-*/%&|^~?.".utf8.contains(byte)
  }
}
