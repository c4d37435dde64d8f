/// A demangled Swift name → what a Swift programmer calls it.
///
/// Modules, types of parameters, results and generic arguments go; labels stay. What the compiler
/// derived from a function (a specialisation, a partial application, a continuation after an
/// `await`, a witness) takes the function's own name. Works on the text of `swift_demangle`, whose
/// forms are those of the runtime's NodePrinter; a form it does not know keeps its words. O(n).
struct SwiftNameSimplifier {
  let text: SwiftNameText
  var result: [UInt8] = []

  static func simplify(_ name: String) -> String {
    var simplifier = SwiftNameSimplifier(text: SwiftNameText(name))
    simplifier.result.reserveCapacity(64)
    simplifier.write(0..<simplifier.text.bytes.count)
    return simplifier.result.isEmpty
      ? name : String(decoding: simplifier.result, as: UTF8.self)
  }

  /// Writes any form. What is left to say after a prefix (`closure #1 in …`) is the next round's.
  private mutating func write(_ whole: Range<Int>) {
    var range = whole
    if let end = text.first(Words.unmangled, in: range) { range = range.lowerBound..<end }
    while !range.isEmpty {
      if let rest = afterDerivation(range) {
        range = rest
      } else if let rest = closure(range) {
        range = rest
      } else if let prefix = NameForms.entities.match(text, range) {
        result.append(contentsOf: text.bytes[prefix])
        range = prefix.upperBound..<range.upperBound
      } else if text.starts(range, with: NameForms.defaultArgument),
        let of = text.first(Words.of, in: range)
      {
        result.append(contentsOf: text.bytes[range.lowerBound..<(of + Words.of.count)])
        range = (of + Words.of.count)..<range.upperBound
      } else {
        writeLast(range)
        return
      }
    }
  }

  /// Writes a form that contains no other form.
  private mutating func writeLast(_ range: Range<Int>) {
    if text.starts(range, with: NameForms.witness) {
      writeWitness((range.lowerBound + NameForms.witness.count)..<range.upperBound)
    } else if text.starts(range, with: NameForms.macroExpansion),
      let end = text.first(Words.inModule, in: range)
    {
      result.append(contentsOf: text.bytes[range.lowerBound..<end])
    } else if text.starts(range, with: NameForms.reabstraction) {
      result.append(contentsOf: "reabstraction thunk".utf8)
    } else if let prefix = NameForms.types.match(text, range) {
      result.append(contentsOf: text.bytes[prefix])
      writeDescribedType(prefix.upperBound..<range.upperBound)
    } else if let prefix = NameForms.conformances.match(text, range) {
      result.append(contentsOf: text.bytes[prefix])
      writeConformance(prefix.upperBound..<range.upperBound)
    } else if text.starts(range, with: NameForms.outlined),
      let of = text.first(Words.of, in: range)
    {
      result.append(contentsOf: text.bytes[range.lowerBound..<(of + Words.of.count)])
      writeDescribedType((of + Words.of.count)..<range.upperBound)
    } else if let marker = text.first(Words.valueWitness, in: range) {
      result.append(contentsOf: text.bytes[range.lowerBound..<marker])
      result.append(contentsOf: " for ".utf8)
      writeTypeOrLocal((marker + Words.valueWitness.count)..<range.upperBound)
    } else {
      writeEntity(range)
    }
  }

  /// `T`, `T and conformance …`, `<A> T : Protocol in Module` → `T`.
  private mutating func writeDescribedType(_ range: Range<Int>) {
    var range = range
    if let end = text.first(Words.andConformance, in: range) { range = range.lowerBound..<end }
    if let colon = text.first(Words.colon, in: range) { range = range.lowerBound..<colon }
    writeTypeOrLocal(range)
  }

  /// `P in T : Protocol in Module` → `P in T`.
  private mutating func writeConformance(_ range: Range<Int>) {
    guard let inside = text.first(Words.inside, in: range) else {
      writeType(range)
      return
    }
    writeType(range.lowerBound..<inside)
    result.append(contentsOf: Words.inside)
    writeDescribedType((inside + Words.inside.count)..<range.upperBound)
  }

  /// A type; one that is local to a function (`T #1 in CONTEXT`) with where that is.
  mutating func writeTypeOrLocal(_ range: Range<Int>) {
    if isInFunction(range) {
      writeEntity(range)
    } else {
      writeType(afterGenericParameters(range))
    }
  }

  /// Whether a type is local to a function: `T #1 in CONTEXT`.
  func isInFunction(_ range: Range<Int>) -> Bool {
    guard let number = text.first(Words.number, in: range) else { return false }
    let digit = number + Words.number.count
    return digit < range.upperBound && SwiftNameText.isDigit(text.bytes[digit])
  }

  // MARK: What was made of a function

  /// What follows the words for something derived from a function.
  private func afterDerivation(_ range: Range<Int>) -> Range<Int>? {
    if let prefix = NameForms.derivations.match(text, range) {
      return prefix.upperBound..<range.upperBound
    }
    if text.starts(range, with: NameForms.vtableThunk),
      let marker = text.first(Words.dispatching, in: range)
    {
      return (marker + Words.dispatching.count)..<range.upperBound
    }
    // (3) suspend resume partial function for …
    if text.bytes[range.lowerBound] == UInt8(ascii: "("),
      let close = text.closing(range.lowerBound, before: range.upperBound),
      close > range.lowerBound + 1, close + 2 < range.upperBound,
      text.bytes[(range.lowerBound + 1)..<close].allSatisfy(SwiftNameText.isDigit),
      text.bytes[close + 1] == UInt8(ascii: " ")
    {
      return (close + 2)..<range.upperBound
    }
    return afterSpecialization(range)
  }

  /// `generic specialization <…> of …` and its many relatives.
  private func afterSpecialization(_ range: Range<Int>) -> Range<Int>? {
    guard NameForms.specializations.match(text, range) != nil,
      let open = text.bytes[range].firstIndex(of: UInt8(ascii: "<"))
    else { return nil }
    let words = range.lowerBound..<open
    guard words.count < 80,
      text.starts(words, with: Words.inlinedGenericFunction)
        || words.contains(where: { text.starts($0..<open, with: Words.specialization) })
    else { return nil }
    if let close = text.closing(open, before: range.upperBound),
      text.starts((close + 1)..<range.upperBound, with: Words.of)
    {
      return (close + 1 + Words.of.count)..<range.upperBound
    }
    return nil
  }

  /// Writes `closure #1 in ` for `closure #1 @Sendable (A) -> B in …`; what is left, nil if it is
  /// no closure.
  private mutating func closure(_ range: Range<Int>) -> Range<Int>? {
    for word in [Words.closure, Words.implicitClosure] where text.starts(range, with: word) {
      var position = range.lowerBound + word.count
      while position < range.upperBound, SwiftNameText.isDigit(text.bytes[position]) {
        position += 1
      }
      guard let marker = text.first(Words.inside, in: position..<range.upperBound) else {
        return nil
      }
      result.append(contentsOf: text.bytes[range.lowerBound..<position])
      result.append(contentsOf: Words.inside)
      return (marker + Words.inside.count)..<range.upperBound
    }
    return nil
  }

  /// `Protocol.requirement(…) in conformance Type : Protocol in Module` → `Type.requirement(…)`.
  private mutating func writeWitness(_ range: Range<Int>) {
    guard let marker = text.first(Words.conformance, in: range) else {
      writeEntity(range)
      return
    }
    var type = (marker + Words.conformance.count)..<range.upperBound
    if let colon = text.first(Words.colon, in: type) { type = type.lowerBound..<colon }
    writeEntity(range.lowerBound..<marker, ownedBy: afterGenericParameters(type))
  }

  func afterGenericParameters(_ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    // <A><A1> of a function within a generic one.
    while start < range.upperBound, text.bytes[start] == UInt8(ascii: "<"),
      let close = text.closing(start, before: range.upperBound)
    {
      start = skippingSpace(close + 1, range.upperBound).lowerBound
    }
    return start..<range.upperBound
  }

  // MARK: Functions, accessors, initialisers

  /// `static Module.Type<A>.name<B>(label: C) -> D` → `static Type.name(label:)`; a local function
  /// keeps where it is: `name #1 (…) -> … in CONTEXT` → `name(…) in CONTEXT`. With an owner, that
  /// type's name stands before the member's.
  private mutating func writeEntity(_ whole: Range<Int>, ownedBy owner: Range<Int>? = nil) {
    var range = whole
    for word in Words.modifiers where text.starts(range, with: word) {
      result.append(contentsOf: word)
      range = (range.lowerBound + word.count)..<range.upperBound
    }
    // Of a variable that is local to a function: `getter of name #1 : T in CONTEXT`.
    for accessor in NameForms.localAccessors where text.starts(range, with: accessor) {
      result.append(contentsOf: accessor)
      range = (range.lowerBound + accessor.count)..<range.upperBound
    }
    let path = SwiftNamePath(text, range)
    // What is local to a function stands without a module.
    let context = context(behind: path, in: range)
    if let owner {
      write(ownerName(owner))
      result.append(UInt8(ascii: "."))
      write(path.member)
    } else {
      write(context == nil ? path.withoutModule : path.components[...])
    }
    // A private operator has its fixity beside its name, before what tells it from others.
    for fixity in [Words.infix, Words.prefix, Words.postfix]
    where result.count > fixity.count && result.suffix(fixity.count).elementsEqual(fixity) {
      // Something else may be called `prefix`.
      let last = result[result.count - fixity.count - 1]
      if "/=-+!*%<>&|^~?".utf8.contains(last) { result.removeLast(fixity.count) }
    }
    var position = path.end
    if position + 2 < range.upperBound, text.bytes[position] == UInt8(ascii: " "),
      text.bytes[position + 1] == UInt8(ascii: "#"),
      SwiftNameText.isDigit(text.bytes[position + 2])
    {
      position += 2
      while position < range.upperBound, SwiftNameText.isDigit(text.bytes[position]) {
        position += 1
      }
      position = afterGenericParameters(skippingSpace(position, range.upperBound)).lowerBound
    }
    for fixity in [Words.infix, Words.prefix, Words.postfix]
    where text.starts(position..<range.upperBound, with: fixity) {
      position += fixity.count
    }
    position = afterGenericParameters(position..<range.upperBound).lowerBound
    // `name@Sendable (…)`
    if position < range.upperBound, text.bytes[position] == UInt8(ascii: "@"),
      let space = text.bytes[position..<range.upperBound].firstIndex(of: UInt8(ascii: " "))
    {
      position = space + 1
    }
    if position < range.upperBound, text.bytes[position] == UInt8(ascii: "("),
      let close = text.closing(position, before: range.upperBound)
    {
      writeLabels((position + 1)..<close)
      position = close + 1
    }
    if owner == nil, let context {
      result.append(contentsOf: Words.inside)
      // Local functions nest only as deep as people write them.
      pending += 1
      defer { pending -= 1 }
      if pending < 32 { write((context + Words.inside.count)..<range.upperBound) }
    }
  }

  /// The place of the ` in ` before what an entity is local to; nil if it is local to nothing.
  /// One of a result's type comes first, as in `T.f() -> T #1 in g() in T #1 in g()`: what is said
  /// twice is the entity's own place.
  private func context(behind path: SwiftNamePath, in range: Range<Int>) -> Int? {
    let whole = path.end..<range.upperBound
    var places: [Int] = []
    for word in [Words.arrow, Words.colon] {
      if let result = text.first(word, in: whole) { places.append(result + word.count) }
    }
    var first: Int?
    var start = whole.lowerBound
    for _ in 0..<8 {
      guard let marker = text.first(Words.inside, in: start..<range.upperBound) else { break }
      start = marker + Words.inside.count
      let said = start..<range.upperBound
      for place in places
      where place < marker && text.bytes[place...].starts(with: text.bytes[said]) {
        return marker
      }
      places.append(start)
      first = first ?? marker
    }
    return first
  }

  private func ownerName(_ range: Range<Int>) -> ArraySlice<Range<Int>> {
    let path = SwiftNamePath(text, range)
    let isLocal = text.first(Words.inside, in: path.end..<range.upperBound) != nil
    return isLocal ? path.components[...] : path.withoutModule
  }

  private var pending = 0

  private init(text: SwiftNameText) { self.text = text }

  private func skippingSpace(_ position: Int, _ end: Int) -> Range<Int> {
    position < end && text.bytes[position] == UInt8(ascii: " ")
      ? (position + 1)..<end : position..<end
  }

  mutating func write(_ components: ArraySlice<Range<Int>>) {
    for (index, component) in components.enumerated() {
      if index > 0 { result.append(UInt8(ascii: ".")) }
      result.append(contentsOf: text.bytes[component])
    }
  }

  /// `label: Type, Type` → `(label:_:)`.
  private mutating func writeLabels(_ parameters: Range<Int>) {
    result.append(UInt8(ascii: "("))
    var start = parameters.lowerBound
    while start < parameters.upperBound {
      var end = start
      while end < parameters.upperBound, text.bytes[end] != UInt8(ascii: ",") {
        end = text.closing(end, before: parameters.upperBound).map { $0 + 1 } ?? end + 1
      }
      writeLabel(skippingSpace(start, end))
      start = end + 1
    }
    result.append(UInt8(ascii: ")"))
  }

  private mutating func writeLabel(_ parameter: Range<Int>) {
    guard !parameter.isEmpty else { return }
    var end = parameter.lowerBound
    if text.bytes[end] == UInt8(ascii: "`"),
      let close = text.bytes[(end + 1)..<parameter.upperBound].firstIndex(of: UInt8(ascii: "`"))
    {
      end = close + 1
    }
    while end < parameter.upperBound, SwiftNameText.isIdentifier(text.bytes[end]) { end += 1 }
    if end > parameter.lowerBound, end + 1 < parameter.upperBound,
      text.bytes[end] == UInt8(ascii: ":"), text.bytes[end + 1] == UInt8(ascii: " ")
    {
      result.append(contentsOf: text.bytes[parameter.lowerBound..<end])
    } else {
      result.append(UInt8(ascii: "_"))
    }
    result.append(UInt8(ascii: ":"))
  }

  typealias Words = SwiftNameText.Words
}
