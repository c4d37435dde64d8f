/// The text of a demangled Swift name with its brackets paired, once, so that whatever follows
/// can step over them in O(1) and without recursion.
struct SwiftNameText {
  let bytes: [UInt8]
  /// For an opening bracket the place of the one that closes it, else -1.
  private let closings: [Int]

  /// O(n). Brackets within operators, arrows and quoted names are none; one that nothing closes
  /// is passed over, as NodePrinter itself writes some (`[Closure Propagated : …>`).
  init(_ name: String) {
    let text = Array(name.utf8)
    bytes = text
    var closings = [Int](repeating: -1, count: bytes.count)
    var open: [Int] = []
    var position = 0
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "<"):
        open.append(position)
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: ">"):
        if byte == UInt8(ascii: ">"), position > 0, bytes[position - 1] == UInt8(ascii: "-") {
          break
        }
        let wanted = Self.opening(byte)
        // Bounded, so that no text makes it quadratic.
        if let match = open.suffix(64).lastIndex(where: { text[$0] == wanted }) {
          closings[open[match]] = position
          open.removeSubrange(match...)
        }
      case UInt8(ascii: "`"):
        if let end = bytes[(position + 1)...].firstIndex(of: byte) { position = end }
      case UInt8(ascii: "."):
        position = Self.endOfOperator(bytes, position + 1) ?? position + 1
        continue
      default: break
      }
      position += 1
    }
    self.closings = closings
  }

  /// Where an operator that starts here ends; nil if none does. What tells an operator from
  /// brackets and dots is its fixity behind it.
  static func endOfOperator(_ bytes: [UInt8], _ start: Int) -> Int? {
    guard start < bytes.count, isOperator(bytes[start]) else { return nil }
    var end = start
    while end < bytes.count, isOperator(bytes[end]) { end += 1 }
    let rest = bytes[end...].prefix(9)
    for fixity in [Words.infix, Words.prefix, Words.postfix] where rest.starts(with: fixity) {
      return end
    }
    return nil
  }

  /// The place of the bracket that closes the one at `position`, if it lies before `end`.
  func closing(_ position: Int, before end: Int) -> Int? {
    let found = closings[position]
    return found >= 0 && found < end ? found : nil
  }

  func starts(_ range: Range<Int>, with word: [UInt8]) -> Bool {
    guard range.count >= word.count else { return false }
    for (offset, byte) in word.enumerated() where bytes[range.lowerBound + offset] != byte {
      return false
    }
    return true
  }

  /// The first place of a word outside of brackets.
  func first(_ word: [UInt8], in range: Range<Int>) -> Int? {
    guard let head = word.first else { return nil }
    var position = range.lowerBound
    while position < range.upperBound {
      if bytes[position] == head, starts(position..<range.upperBound, with: word) {
        return position
      }
      position = closing(position, before: range.upperBound).map { $0 + 1 } ?? position + 1
    }
    return nil
  }

  /// The first place of a word, within brackets as well. O(n).
  func place(of word: [UInt8], in range: Range<Int>) -> Int? {
    range.first { starts($0..<range.upperBound, with: word) }
  }

  private static func opening(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: ")"): UInt8(ascii: "(")
    case UInt8(ascii: "]"): UInt8(ascii: "[")
    default: UInt8(ascii: "<")
    }
  }

  static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  static func isIdentifier(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$") || byte >= 0x80
      || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
  }

  /// Beyond ASCII operators and identifiers are not told apart: a letter may follow a dot, too.
  private static func isOperator(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "!"),
      UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "/"),
      UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "^"),
      UInt8(ascii: "~"), UInt8(ascii: "?"), UInt8(ascii: "."), 0x80...0xff:
      true
    default: false
    }
  }

  /// Words that NodePrinter writes between names.
  enum Words {
    static let infix = Array(" infix".utf8)
    static let prefix = Array(" prefix".utf8)
    static let postfix = Array(" postfix".utf8)
    static let inside = Array(" in ".utf8)
    static let inUnnamed = Array("in ".utf8)
    static let number = Array(" #".utf8)
    static let arrow = Array(" -> ".utf8)
    static let privacy = Array("(in _".utf8)
    static let of = Array(" of ".utf8)
    static let conformance = Array(" in conformance ".utf8)
    static let andConformance = Array(" and conformance ".utf8)
    static let unmangled = Array(" with unmangled suffix ".utf8)
    static let valueWitness = Array(" value witness for ".utf8)
    static let extensionIn = Array("(extension in ".utf8)
    static let dispatching = Array(" dispatching to ".utf8)
    static let requirements = Array(" where ".utf8)
    static let colon = Array(" : ".utf8)
    static let closure = Array("closure #".utf8)
    static let implicitClosure = Array("implicit closure #".utf8)
    static let specialization = Array("specialization".utf8)
    static let inModule = Array(" in module ".utf8)
    static let inlinedGenericFunction = Array("inlined generic function ".utf8)
    static let modifiers = [Array("static ".utf8), Array("class ".utf8)]
  }
}
