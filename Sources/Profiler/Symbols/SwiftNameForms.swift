/// The words that Swift's NodePrinter puts before names.
enum NameForms {
  /// Words to look for at the start of a text, by their first byte.
  struct Prefixes: Sendable {
    private var byFirstByte = [[[UInt8]]](repeating: [], count: 256)

    init(_ words: [String]) {
      // The longer first, where one begins like another.
      for word in words.sorted(by: { $0.utf8.count > $1.utf8.count }) {
        let bytes = Array(word.utf8)
        if let first = bytes.first { byFirstByte[Int(first)].append(bytes) }
      }
    }

    /// The place of the word that a range starts with.
    func match(_ text: SwiftNameText, _ range: Range<Int>) -> Range<Int>? {
      guard let first = range.first else { return nil }
      for word in byFirstByte[Int(text.bytes[first])] where text.starts(range, with: word) {
        return first..<(first + word.count)
      }
      return nil
    }
  }

  /// Followed by the function that something was made of.
  static let derivations = Prefixes([
    "merged ", "partial apply forwarder for ", "partial apply ObjC forwarder for ",
    "async function pointer to ", "coro function pointer to ", "dispatch thunk of ",
    "method descriptor for ", "dynamically replaceable thunk for ",
    "dynamically replaceable key for ", "dynamically replaceable variable for ", "@objc ",
    "@nonobjc ", "dynamic ", "distributed thunk ", "distributed accessor for ",
    "back deployment fallback for ", "back deployment thunk for ", "curry thunk of ",
    "coroutine continuation prototype for ", "default override of ",
    "protocol self-conformance witness for ", "suspend resume partial function for ",
    "await resume partial function for ",
  ])

  /// How specialisations begin; arguments in angle brackets and `of` follow.
  static let specializations = Prefixes([
    "generic ", "function signature specialization ", "inlined generic function ",
    "default associated ", "async demotion", "reabstraction thunk specialization",
  ])

  /// Followed by a function or variable, whose derivative has no other name.
  static let entities = Prefixes([
    "one-time initialization function for ", "one-time initialization token for ",
    "variable initialization expression of ", "key path getter for ", "key path setter for ",
    "property wrapper backing initializer of ", "property wrapper init from projected value of ",
    "key path index equality operator for ", "key path index hash operator for ",
    "enum case for ",
  ])

  /// Followed by a type.
  static let types = Prefixes([
    "type metadata accessor for ", "type metadata instantiation function for ",
    "type metadata completion function for ", "type metadata instantiation cache for ",
    "type metadata for ", "nominal type descriptor for ", "value witness table for ",
    "full type metadata for ", "generic type metadata pattern for ",
    "class metadata base offset for ", "metaclass for ", "method lookup function for ",
    "canonical specialized generic type metadata accessor for ",
    "noncanonical specialized generic type metadata accessor for ",
    "lazy protocol witness table accessor for type ",
    "lazy protocol witness table cache variable for type ",
    "demangling cache variable for type metadata for ",

    "protocol witness table accessor for ", "protocol witness table for ",
    "protocol conformance descriptor for ",
    "instantiation function for generic protocol witness table for ",
    "resilient protocol witness table accessor for ",
  ])

  /// Followed by `P in T`: a protocol (or an associated type) and the type that conforms to it.
  static let conformances = Prefixes([
    "base witness table accessor for ", "associated type witness table accessor for ",
    "associated type metadata accessor for ", "default associated type metadata accessor for ",
    "associated conformance descriptor for ", "default associated conformance accessor for ",
  ])

  static let accessors = [
    "getter", "setter", "modify", "modify2", "read", "read2", "unsafeAddressor",
    "unsafeMutableAddressor", "owningAddressor", "owningMutableAddressor", "willset", "didset",
    "materializeForSet", "nativeOwningAddressor",
  ].map { Array($0.utf8) }

  static let localAccessors = accessors.map { $0 + Array(" of ".utf8) }

  static let witness = Array("protocol witness for ".utf8)
  static let reabstraction = Array("reabstraction thunk ".utf8)
  static let macroExpansion = Array("freestanding macro expansion #".utf8)
  static let outlined = Array("outlined ".utf8)
  static let vtableThunk = Array("vtable thunk for ".utf8)
  static let defaultArgument = Array("default argument ".utf8)
}
