/// How many columns of a terminal `text` takes: two for East Asian wide characters and emoji, none
/// for combining marks. Complexity: O(length).
public func displayWidth(_ text: some StringProtocol) -> Int {
  var width = 0
  for character in text { width += displayWidth(character) }
  return width
}

/// `text` cut to at most `width` columns, an ellipsis in place of what was cut off.
public func cut(_ text: String, toWidth width: Int) -> String {
  guard displayWidth(text) > width else { return text }
  guard width > 0 else { return "" }
  var result = ""
  var used = 0
  for character in text {
    let next = displayWidth(character)
    if used + next > width - 1 { break }
    result.append(character)
    used += next
  }
  return result + "…"
}

/// `text` with all that would move the cursor, change colours or turn the writing direction
/// replaced, since names come from files nobody has checked.
public func printable(_ text: some StringProtocol) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    result.unicodeScalars.append(scalar.isHarmless ? scalar : "\u{FFFD}")
  }
  return result
}

/// `text` printable and between single quotes, for messages.
public func quoted(_ text: some StringProtocol) -> String {
  "'\(printable(text))'"
}

private func displayWidth(_ character: Character) -> Int {
  guard let first = character.unicodeScalars.first else { return 0 }
  if character.unicodeScalars.dropFirst().contains("\u{FE0F}") { return 2 }
  return first.displayWidth
}

extension Unicode.Scalar {
  /// Not a control character, and no other that turns or breaks lines; all that are not are below
  /// U+FFFF.
  var isHarmless: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: false
    default: !(0x202A...0x202E).contains(value) && !(0x2066...0x2069).contains(value)
    }
  }

  fileprivate var displayWidth: Int {
    if value < 0x7F { return value < 0x20 ? 0 : 1 }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .control, .format: return 0
    default: break
    }
    if properties.isEmojiPresentation { return 2 }
    // The blocks of UAX #11 whose characters are wide or full-width.
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x17000...0x18AFF, 0x1B000...0x1B2FF,
      0x20000...0x2FFFD, 0x30000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
