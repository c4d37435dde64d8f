/// From the text of a file to scripts.
enum MigrationParser {
  /// A file that is one direction only.
  static func script(_ text: MigrationText, file: String) throws(MigrationError) -> MigrationScript
  {
    for (number, line) in text.lines.enumerated() where Marker.begins(line.text) {
      throw MigrationError(
        .badFile,
        "\(file):\(number + 1) has the section mark \(Marker.quote(line.text)), but the file's name "
          + "says that it is one direction only; name it without .up or .down")
    }
    return try script(text.bytes, firstLine: 1, file: file, isTransactional: true)
  }

  /// A file with `-- migrate:up` and `-- migrate:down` sections.
  static func sections(
    _ text: MigrationText, file: String
  ) throws(MigrationError) -> (up: MigrationScript, down: MigrationScript?) {
    var marks: [(marker: Marker, lineStart: Int, start: Int, line: Int)] = []
    for (index, line) in text.lines.enumerated() where Marker.begins(line.text) {
      let marker = try Marker(line.text, place: "\(file):\(index + 1)")
      let start = min(line.start + line.text.utf8.count + 1, text.bytes.count)
      marks.append((marker, line.start, start, index + 2))
    }
    guard let up = marks.first, up.marker.direction == .up else {
      throw MigrationError(
        .badFile,
        marks.isEmpty
          ? "\(file) has no section; write -- migrate:up above its SQL (and -- migrate:down above "
            + "what undoes it), or name it NUMBER_NAME.up.sql"
          : "\(file):\(marks[0].line - 1) has its down section first; put -- migrate:up above it")
    }
    guard marks.count <= 2, marks.count < 2 || marks[1].marker.direction == .down else {
      throw MigrationError(
        .badFile,
        "\(file):\(marks[marks.count > 2 ? 2 : 1].line - 1) begins a section a second time; a file "
          + "has one -- migrate:up and then at most one -- migrate:down")
    }
    // Comments may stand above the first mark; SQL there would belong to neither.
    var head = SQLScanner(Array(text.bytes[..<up.lineStart]), dialect: .postgres)
    if (try? head.next()) != .some(nil) {
      throw MigrationError(
        .badFile, "\(file) has SQL above -- migrate:up, which would never run; move it below")
    }
    let ends = marks.dropFirst().map(\.lineStart) + [text.bytes.count]
    var scripts: [MigrationScript] = []
    for (mark, end) in zip(marks, ends) {
      scripts.append(
        try script(
          Array(text.bytes[mark.start..<max(mark.start, end)]), firstLine: mark.line, file: file,
          isTransactional: mark.marker.isTransactional))
    }
    return (scripts[0], scripts.dropFirst().first)
  }

  private static func script(
    _ bytes: [UInt8], firstLine: Int, file: String, isTransactional: Bool
  ) throws(MigrationError) -> MigrationScript {
    var isTransactional = isTransactional
    // What ends comments is nearly the same in both dialects, and here only their end matters.
    var scanner = SQLScanner(bytes, dialect: .postgres)
    let head = (try? scanner.next()) == .some(nil) ? bytes.count : scanner.tokenStart
    var start = 0
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    {
      defer { start += line.count + 1 }
      let text = trimmed(Substring(decoding: line, as: UTF8.self))
      guard text.hasPrefix("--") else { continue }
      let comment = trimmed(text.dropFirst(2))
      guard comment.hasPrefix("lynx:") else { continue }
      let place = "\(file):\(firstLine + index)"
      guard trimmed(comment.dropFirst("lynx:".count)) == "no-transaction" else {
        throw MigrationError(
          .badFile, "\(place) asks for what is not known; there is -- lynx: no-transaction")
      }
      guard start < head else {
        throw MigrationError(
          .badFile, "\(place) comes too late; put -- lynx: no-transaction above the first statement"
        )
      }
      isTransactional = false
    }
    return MigrationScript(
      file: file, text: bytes, firstLine: firstLine, isTransactional: isTransactional)
  }

  fileprivate static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop(while: \.isWhitespace)
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}

/// A line `-- migrate:up` or `-- migrate:down`, with dbmate's options behind it.
private struct Marker {
  enum Direction { case up, down }

  let direction: Direction
  var isTransactional = true

  /// At the start of a line only, as dbmate has it.
  static func begins(_ line: Substring) -> Bool {
    line.hasPrefix("--")
      && MigrationParser.trimmed(line.dropFirst(2)).hasPrefix("migrate:")
  }

  static func quote(_ line: Substring) -> String { "'\(MigrationParser.trimmed(line).prefix(60))'" }

  init(_ line: Substring, place: String) throws(MigrationError) {
    let words = line.dropFirst(2).split(whereSeparator: \.isWhitespace)
    switch words.first {
    case "migrate:up": direction = .up
    case "migrate:down": direction = .down
    default:
      throw MigrationError(
        .badFile,
        "\(place) begins with \(Self.quote(line)); sections are -- migrate:up and -- migrate:down")
    }
    for option in words.dropFirst() {
      switch option {
      case "transaction:true": isTransactional = true
      case "transaction:false": isTransactional = false
      default:
        throw MigrationError(
          .badFile,
          "\(place) has the option '\(option)', which is not known; there is transaction:false")
      }
    }
  }
}
