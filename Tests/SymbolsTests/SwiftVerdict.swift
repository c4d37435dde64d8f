/// What `swift demangle --simplified` says of a symbol, less what Lynx folds on purpose:
///
/// - what the compiler derived (`specialized`, `partial apply for`, `merged`, `dispatch thunk of`,
///   `@objc` …) is called what it was derived from; `thunk for …` is `reabstraction thunk`;
/// - `protocol witness for P.f in conformance T` is `T.f`;
/// - generic parameters and arguments of functions go, an operator's fixity, a local function's
///   number, `@Sendable` before parameters, the root of a key path's getter;
/// - a type's generic signature and what it conforms to go.
struct SwiftVerdict {
  var text: String

  init(_ simplified: String) {
    // Conditional conformances leave an empty list of parameters before the type.
    var whole = Substring(
      simplified.replacing("<> ", with: "").replacing("Swift.AnyObject", with: "AnyObject"))
    // Called what it leads to.
    if whole.hasPrefix("vtable thunk for "), let goal = whole.firstRange(of: " dispatching to ") {
      whole = whole[goal.upperBound...]
    }
    text = Self.folded(whole, depth: 0)
  }

  /// Types that contain a function's, which the simplification writes as `(_:)`, without types,
  /// or substituted; a list of a function's local type; a dependent type's path through a protocol.
  static func isBeyondComparison(_ simplified: String) -> Bool {
    if typed.contains(where: { simplified.hasPrefix($0) }),
      let number = simplified.firstRange(of: " #"),
      simplified[..<number.lowerBound].contains(where: { "([<".contains($0) })
    {
      return true
    }
    return simplified.contains("@substituted")
      || (typed.contains { simplified.hasPrefix($0) } && simplified.contains("_:"))
      || simplified.contains(".Sequence.Element")
      || simplified.hasPrefix("associated type witness table accessor")
      // A function's type that lost its arrow.
      || ["@Sendable ())", "@Sendable ()]", "@Sendable ()>"].contains { simplified.contains($0) }
  }

  private static let derived = [
    "specialized ", "partial apply for ", "protocol self-conformance witness for ", "merged ",
    "dispatch thunk of ", "@objc ", "@nonobjc ",
    "async function pointer to ", "method descriptor for ", "default override of ", "dynamic ",
    "coro function pointer to ", "dynamically replaceable key for ",
    "dynamically replaceable variable for ", "dynamically replaceable thunk for ",
  ]

  private static let before = [
    "variable initialization expression of ", "one-time initialization function for ",
    "one-time initialization token for ", "key path getter for ", "key path setter for ",
    "closure #", "implicit closure #", "default argument ",
  ]

  private static let typed = [
    "type metadata", "outlined", "lazy ", "base witness", "associated type", "method lookup",
    "nominal", "value witness", "instantiation function", "demangling cache",
  ]

  private static func folded(_ whole: Substring, depth: Int) -> String {
    var text = whole
    while let word = derived.first(where: { text.hasPrefix($0) }) {
      text = text.dropFirst(word.count)
    }
    for word in before where text.hasPrefix(word) && depth < 30 {
      let end: String.Index
      if word.hasSuffix("#") || word.hasPrefix("default") {
        let marker = word.hasSuffix("#") ? " in " : " of "
        guard let found = text.firstRange(of: marker) else { break }
        end = found.upperBound
      } else {
        end = text.index(text.startIndex, offsetBy: word.count)
      }
      var rest = text[end...]
      if word.hasPrefix("key path"), let root = rest.firstRange(of: " : ") {
        rest = rest[..<root.lowerBound]
      }
      return text[..<end] + folded(rest, depth: depth + 1)
    }
    if text.hasPrefix("thunk for ") { return "reabstraction thunk" }
    if text.hasPrefix("protocol witness for ") { return witness(text.dropFirst(21)) }
    if typed.contains(where: { text.hasPrefix($0) }) || isValueWitness(text) { return type(text) }
    return entity(text)
  }

  private static func isValueWitness(_ text: Substring) -> Bool {
    guard let marker = text.firstRange(of: " for ") else { return false }
    return text[..<marker.lowerBound].allSatisfy { $0.isLetter }
  }

  private static func witness(_ whole: Substring) -> String {
    guard let marker = whole.firstRange(of: " in conformance ") else { return String(whole) }
    var requirement = whole[..<marker.lowerBound]
    var type = withoutGenerics(String(whole[marker.upperBound...])).drop { $0 == " " }
    // A local type is told apart by its context only where it stands alone.
    if let context = type.firstRange(of: " in ") { type = type[..<context.lowerBound] }
    if let number = type.firstRange(of: " #") { type = type[..<number.lowerBound] }
    // Sugar is for types that stand alone.
    if type.hasSuffix("?") { type = "Optional" }
    if type.hasPrefix("["), type.hasSuffix("]") {
      type = type.contains(" : ") ? "Dictionary" : "Array"
    }
    let isStatic = requirement.hasPrefix("static ")
    if isStatic { requirement = requirement.dropFirst(7) }
    let name = entity(requirement)
    let dot = name.firstIndex(of: ".").map { name.index(after: $0) } ?? name.startIndex
    return (isStatic ? "static " : "") + type + "." + name[dot...]
  }

  private static func type(_ whole: Substring) -> String {
    var text = String(whole)
    if let marker = text.firstRange(of: " and conformance ") {
      text = String(text[..<marker.lowerBound])
    }
    // <A> T<A> → T<A>; T<A>?<A> → T<A>?
    for word in [" in <", " for <"] {
      if let marker = text.firstRange(of: word),
        let close = text[marker.upperBound...].firstRange(of: "> ")
      {
        text.removeSubrange(text.index(before: marker.upperBound)..<close.upperBound)
      }
    }
    if text.contains(" #") { return entity(Substring(text)) }
    return text
  }

  private static func entity(_ whole: Substring) -> String {
    var text = String(whole)
    for word in [" infix", " prefix", " postfix"] {
      text = text.replacing(word + "(", with: "(").replacing(word + "<", with: "<")
    }
    text = withoutGenerics(text).replacing("@Sendable (", with: "(").replacing(".()", with: "")
    // name #1 (…) in CONTEXT → name(…) in CONTEXT
    var search = text.startIndex
    while let number = text[search...].firstRange(of: " #") {
      let end = text[number.upperBound...].drop { $0.isNumber }.startIndex
      search = number.upperBound
      if text[..<number.lowerBound].hasSuffix("closure") { continue }
      let isSpaced = text[end...].hasPrefix(" (")
      text.removeSubrange(number.lowerBound..<(isSpaced ? text.index(after: end) : end))
      search = number.lowerBound
    }
    return text
  }

  /// Without anything in angle brackets, operators excepted.
  private static func withoutGenerics(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var position = 0
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "<"), !isOperator(bytes, position) {
        var depth = 0
        var end = position
        while end < bytes.count {
          if bytes[end] == UInt8(ascii: "<") { depth += 1 }
          if bytes[end] == UInt8(ascii: ">"), bytes[end - 1] != UInt8(ascii: "-") { depth -= 1 }
          if depth == 0 { break }
          end += 1
        }
        if depth == 0 {
          position = end + 1
          continue
        }
      }
      result.append(bytes[position])
      position += 1
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// `==<A>(`: of the characters behind a dot only the last `<` that is closed is a bracket.
  private static func isOperator(_ bytes: [UInt8], _ position: Int) -> Bool {
    let operators = Array("=<>!+-*/%&|^~?.".utf8)
    var start = position
    while start > 0, operators.contains(bytes[start - 1]), bytes[start - 1] != UInt8(ascii: ">") {
      start -= 1
    }
    let isAtStart = start == 0 || bytes[start - 1] == UInt8(ascii: " ")
    guard isAtStart || bytes[start] == UInt8(ascii: ".") else { return false }
    var end = position
    while end < bytes.count, operators.contains(bytes[end]) { end += 1 }
    return end < bytes.count && bytes[end] == UInt8(ascii: "(")
      || (end < bytes.count && bytes[end] == UInt8(ascii: "<"))
      || (position + 1 < end)
  }
}
