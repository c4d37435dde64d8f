/// Shortens what templates and generics make long.
enum TemplateAbbreviation {
  private static let longName = 64
  private static let longArguments = 16

  /// Replaces argument lists of more than 16 bytes by `<…>` in a name of more than 64. Operators
  /// (`operator<=>`) and Rust's qualified paths (`<T as Trait>::f`) are no argument lists. O(n).
  static func abbreviate(_ name: String) -> String {
    let bytes = Array(name.utf8)
    guard bytes.count > longName else { return name }
    let closings = closings(bytes)
    var result: [UInt8] = []
    var position = 0
    while position < bytes.count {
      let end = closings[position]
      if end - position > longArguments, isList(bytes, position) {
        result.append(contentsOf: "<…>".utf8)
        position = end + 1
      } else {
        result.append(bytes[position])
        position += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// For each opening bracket the place of the one that closes it, else -1.
  private static func closings(_ bytes: [UInt8]) -> [Int] {
    var closings = [Int](repeating: -1, count: bytes.count)
    var open: [Int] = []
    var position = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "<"): open.append(position)
      case UInt8(ascii: ">"):
        // An arrow is none: Rust's fn() -> T.
        if position > 0, bytes[position - 1] == UInt8(ascii: "-") { break }
        if let last = open.popLast() { closings[last] = position }
      case UInt8(ascii: "o") where bytes[position...].starts(with: word):
        position += word.count
        position += symbols.first { bytes[position...].starts(with: $0) }?.count ?? 0
        continue
      default: break
      }
      position += 1
    }
    return closings
  }

  private static let word = Array("operator".utf8)
  /// C++'s operators with a bracket in them, the longer first.
  private static let symbols = ["<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "<", ">"]
    .map { Array($0.utf8) }

  /// Whether a bracket opens an argument list: behind a name, `::`, or an operator, which ends in
  /// a sign or, where that is `<`, in a space.
  private static func isList(_ bytes: [UInt8], _ position: Int) -> Bool {
    guard position > 0 else { return false }
    switch bytes[position - 1] {
    case UInt8(ascii: "<"), UInt8(ascii: "("), UInt8(ascii: ","), UInt8(ascii: "["): return false
    case UInt8(ascii: "&") where !isOperator(bytes, position): return false
    case UInt8(ascii: "*") where !isOperator(bytes, position): return false
    case UInt8(ascii: " "):
      return bytes[..<(position - 1)].last == UInt8(ascii: "<") && isOperator(bytes, position - 1)
    default: return true
    }
  }

  /// Whether `operator` and its signs end here.
  private static func isOperator(_ bytes: [UInt8], _ end: Int) -> Bool {
    var start = end
    while start > 0, end - start < 4, "<>=-!+*/%&|^~,".utf8.contains(bytes[start - 1]) {
      start -= 1
    }
    return start < end && bytes[..<start].suffix(word.count).elementsEqual(word)
  }
}
