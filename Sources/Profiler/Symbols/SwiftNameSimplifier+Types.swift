extension SwiftNameSimplifier {
  /// Writes a type without modules and discriminators, and `Optional`, `Array` and `Dictionary`
  /// as people write them.
  mutating func writeType(_ range: Range<Int>, depth: Int = 0) {
    var position = range.lowerBound
    while position < range.upperBound {
      let byte = text.bytes[position]
      if text.starts(position..<range.upperBound, with: Words.extensionIn),
        let close = text.closing(position, before: range.upperBound)
      {
        position = min(close + 2, range.upperBound)
      } else if byte == UInt8(ascii: "<"), isSignature(position, from: range.lowerBound),
        let close = text.closing(position, before: range.upperBound)
      {
        position = close + 1
        if position < range.upperBound, text.bytes[position] == UInt8(ascii: " ") { position += 1 }
      } else if SwiftNameText.isIdentifier(byte) || byte == UInt8(ascii: "`")
        || (byte == UInt8(ascii: "(") && isMember(position))
      {
        position = writeTypeName(position..<range.upperBound, depth: depth)
      } else {
        result.append(byte)
        position += 1
      }
    }
  }

  /// Writes the dotted name that starts here, and its generic arguments; where it ends.
  private mutating func writeTypeName(_ range: Range<Int>, depth: Int) -> Int {
    var position = range.lowerBound
    var components: [Range<Int>] = []
    while position < range.upperBound {
      if text.bytes[position] == UInt8(ascii: "("),
        let close = text.closing(position, before: range.upperBound)
      {
        let inside = (position + 1)..<close
        let name = text.first(Words.inside, in: inside) ?? close
        components.append(inside.lowerBound..<name)
        position = close + 1
      } else if text.bytes[position] == UInt8(ascii: "`"),
        let close = text.bytes[(position + 1)..<range.upperBound].firstIndex(of: UInt8(ascii: "`"))
      {
        components.append(position..<(close + 1))
        position = close + 1
      } else {
        let start = position
        while position < range.upperBound, SwiftNameText.isIdentifier(text.bytes[position]) {
          position += 1
        }
        components.append(start..<position)
      }
      guard position + 1 < range.upperBound, text.bytes[position] == UInt8(ascii: "."),
        SwiftNameText.isIdentifier(text.bytes[position + 1])
          || text.bytes[position + 1] == UInt8(ascii: "`")
          || text.bytes[position + 1] == UInt8(ascii: "(")
      else { break }
      position += 1
    }
    let hasModule =
      components.count > 1 && !isMember(range.lowerBound) && !isParameter(components[0])
    if position < range.upperBound, text.bytes[position] == UInt8(ascii: "<"), depth < 32,
      let close = text.closing(position, before: range.upperBound)
    {
      let end = text.first(Words.requirements, in: (position + 1)..<close) ?? close
      let arguments = (position + 1)..<end
      if hasModule, components.count == 2, isSwift(components[0]),
        writeSugar(components[1], arguments, depth: depth + 1)
      {
        return close + 1
      }
      write(hasModule ? components.dropFirst() : components[...])
      result.append(UInt8(ascii: "<"))
      writeType(arguments, depth: depth + 1)
      result.append(UInt8(ascii: ">"))
      return close + 1
    }
    write(hasModule ? components.dropFirst() : components[...])
    return max(position, range.lowerBound + 1)
  }

  /// `T?`, `[T]`, `[Key : Value]`; false if the type is none of them.
  private mutating func writeSugar(
    _ name: Range<Int>, _ arguments: Range<Int>, depth: Int
  ) -> Bool {
    if text.bytes[name].elementsEqual("Optional".utf8) {
      if isInFunction(arguments) {
        writeTypeOrLocal(arguments)
        result.append(UInt8(ascii: "?"))
        return true
      }
      let start = result.count
      writeType(arguments, depth: depth)
      // A type of several words, such as a function's, needs to be held together.
      if isSeveralWords(result[start...]) {
        result.insert(UInt8(ascii: "("), at: start)
        result.append(UInt8(ascii: ")"))
      }
      result.append(UInt8(ascii: "?"))
      return true
    }
    if text.bytes[name].elementsEqual("Array".utf8) {
      result.append(UInt8(ascii: "["))
      writeType(arguments, depth: depth)
      result.append(UInt8(ascii: "]"))
      return true
    }
    if text.bytes[name].elementsEqual("Dictionary".utf8),
      let comma = text.first(Array(", ".utf8), in: arguments)
    {
      result.append(UInt8(ascii: "["))
      writeType(arguments.lowerBound..<comma, depth: depth)
      result.append(contentsOf: Words.colon)
      writeType((comma + 2)..<arguments.upperBound, depth: depth)
      result.append(UInt8(ascii: "]"))
      return true
    }
    return false
  }

  /// Whether this is a member of a generic type (`Unmanaged<A>.Storage`): no module stands there.
  private func isMember(_ position: Int) -> Bool {
    position > 0 && text.bytes[position - 1] == UInt8(ascii: ".")
  }

  /// Whether a bracket declares generic parameters, before a type or behind it, rather than being
  /// part of it: `<A where A: P> T<A>`.
  private func isSignature(_ position: Int, from start: Int) -> Bool {
    guard position > start else { return true }
    switch text.bytes[position - 1] {
    case UInt8(ascii: ">"), UInt8(ascii: ")"): return true
    case UInt8(ascii: " "):
      return position - start >= 4
        && text.starts((position - 4)..<position, with: Words.inside)
    default: return false
    }
  }

  /// What a generic parameter is called: `Self`, `A`, `B1`.
  private func isParameter(_ name: Range<Int>) -> Bool {
    let bytes = text.bytes[name]
    if bytes.elementsEqual("Self".utf8) { return true }
    guard let first = bytes.first else { return false }
    return first >= UInt8(ascii: "A") && first <= UInt8(ascii: "Z")
      && bytes.dropFirst().allSatisfy(SwiftNameText.isDigit)
  }

  private func isSwift(_ module: Range<Int>) -> Bool {
    text.bytes[module].elementsEqual("Swift".utf8)
  }

  private func isSeveralWords(_ type: ArraySlice<UInt8>) -> Bool {
    var depth = 0
    var previous: UInt8 = 0
    for byte in type {
      defer { previous = byte }
      switch byte {
      case UInt8(ascii: ">") where previous == UInt8(ascii: "-"): continue
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "<"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: ">"): depth -= 1
      case UInt8(ascii: " ") where depth == 0: return true
      default: break
      }
    }
    return false
  }
}
