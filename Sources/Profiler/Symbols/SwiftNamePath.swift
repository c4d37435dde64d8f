/// The dotted name of a declaration, without generic arguments, extensions and discriminators:
/// `(extension in M):Swift.Array<A>.(name in _0123)` → `Swift`, `Array`, `name`.
struct SwiftNamePath {
  private(set) var components: [Range<Int>] = []
  /// Where the path ends: at its parameters, its type, or what else is not part of it.
  private(set) var end: Int
  private let text: SwiftNameText

  init(_ text: SwiftNameText, _ range: Range<Int>) {
    self.text = text
    var position = range.lowerBound
    var start: Int?
    func finish(_ components: inout [Range<Int>]) {
      if let first = start { components.append(first..<position) }
      start = nil
    }
    // A component's start is the only place for a bracket that is part of the path.
    var atStart = true
    while position < range.upperBound {
      let byte = text.bytes[position]
      if atStart, let last = SwiftNameText.endOfOperator(text.bytes, position),
        last <= range.upperBound
      {
        components.append(position..<last)
        position = last
        break
      } else if byte == UInt8(ascii: "("), atStart {
        guard let close = text.closing(position, before: range.upperBound) else { break }
        if text.starts(position..<close, with: SwiftNameText.Words.extensionIn) {
          position = close + 1
          if position < range.upperBound, text.bytes[position] == UInt8(ascii: ":") {
            position += 1
          }
          continue
        }
        let inside = (position + 1)..<close
        position = close + 1
        if inside.isEmpty {
          // A private initialiser's parameters come before its name as well:
          // T.(Int) -> T(in _0123).init(Int) -> T
          guard
            let mark = text.place(of: SwiftNameText.Words.privacy, in: position..<range.upperBound),
            let close = text.closing(mark, before: range.upperBound),
            close + 1 < range.upperBound, text.bytes[close + 1] == UInt8(ascii: ".")
          else { break }
          position = close + 2
          continue
        }
        if text.starts(inside, with: SwiftNameText.Words.inUnnamed) {
          // (in _0123).init: no name of its own.
          if position < range.upperBound, text.bytes[position] == UInt8(ascii: ".") {
            position += 1
          }
          continue
        }
        let name = text.first(SwiftNameText.Words.inside, in: inside) ?? close
        components.append(inside.lowerBound..<name)
        atStart = false
      } else if byte == UInt8(ascii: "<"), !atStart {
        guard let close = text.closing(position, before: range.upperBound) else { break }
        finish(&components)
        position = close + 1
      } else if byte == UInt8(ascii: "."), !atStart {
        finish(&components)
        position += 1
        atStart = true
      } else if byte == UInt8(ascii: "(") || byte == UInt8(ascii: " ")
        || byte == UInt8(ascii: "@")
      {
        break
      } else if byte == UInt8(ascii: "`"), atStart,
        let close = text.bytes[(position + 1)..<range.upperBound].firstIndex(of: byte)
      {
        components.append(position..<(close + 1))
        position = close + 1
        atStart = false
      } else {
        if start == nil { start = position }
        atStart = false
        position += 1
      }
    }
    finish(&components)
    end = position
  }

  /// All but the module, which is there whenever anything follows it.
  var withoutModule: ArraySlice<Range<Int>> {
    components.count > 1 ? components.dropFirst() : components[...]
  }

  /// What a protocol calls a requirement: its last component, and which accessor it is. A method
  /// may be called `read` as well, but has parameters.
  var member: ArraySlice<Range<Int>> {
    guard let last = components.last else { return [] }
    let isAccessor =
      (end == text.bytes.count || text.bytes[end] == UInt8(ascii: " "))
      && NameForms.accessors.contains { $0.elementsEqual(text.bytes[last]) }
    return components.suffix(isAccessor && components.count > 2 ? 2 : 1)
  }
}
