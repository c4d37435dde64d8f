/// Reads texts with placeholders: `{{counter}}`, `{{random}}`, `{{random 1 100}}`, `{{uuid}}`,
/// `{{line:FILE}}`; `{{{{` is two braces.
struct TemplateText {
  /// Why a text cannot be read: a sentence's end.
  struct Failure: Error, Sendable, Equatable {
    let message: String
  }

  private(set) var bytes: [UInt8] = []
  private(set) var parts: [RequestTemplate.Part] = []
  /// Lists that placeholders take lines from; file by file.
  private(set) var lists: [RequestPlan.TextList]
  private var files: [String: Int]
  private let firstList: Int
  private let readLines: (String) throws(Failure) -> [String]

  /// - Parameter readLines: the lines of a file that a placeholder names.
  init(
    firstList: Int = 0, readLines: @escaping (String) throws(Failure) -> [String]
  ) {
    self.firstList = firstList
    lists = []
    files = [:]
    self.readLines = readLines
  }

  /// The parts of `text`; its literal ones are appended to ``bytes``.
  mutating func parse(_ text: String) throws(Failure) -> [RequestTemplate.Part] {
    parts = []
    var rest = Substring(text)
    while let open = Self.firstPair("{", in: rest) {
      appendLiteral(rest[..<open.lowerBound])
      rest = rest[open.upperBound...]
      if let next = Self.firstPair("{", in: rest.prefix(2)), next.lowerBound == rest.startIndex {
        appendLiteral("{{")
        rest = rest[next.upperBound...]
        continue
      }
      guard let close = Self.firstPair("}", in: rest) else {
        throw Failure(message: "a {{ is never closed; write {{{{ for the braces themselves")
      }
      parts.append(try placeholder(rest[..<close.lowerBound]))
      rest = rest[close.upperBound...]
    }
    appendLiteral(rest)
    defer { parts = [] }
    return parts
  }

  /// Where a letter of ASCII is twice in a row. Looked for among bytes: bodies are long.
  private static func firstPair(
    _ letter: Unicode.Scalar, in text: Substring
  ) -> Range<String.Index>? {
    let bytes = text.utf8
    let byte = UInt8(ascii: letter)
    var start = bytes.startIndex
    while let found = bytes[start...].firstIndex(of: byte) {
      start = bytes.index(after: found)
      if start < bytes.endIndex, bytes[start] == byte { return found..<bytes.index(after: start) }
    }
    return nil
  }

  mutating func appendLiteral(_ text: Substring) {
    if text.isEmpty { return }
    let start = bytes.count
    bytes += text.utf8
    if case .literal(let range)? = parts.last, range.upperBound == start {
      parts[parts.count - 1] = .literal(range.lowerBound..<bytes.count)
    } else {
      parts.append(.literal(start..<bytes.count))
    }
  }

  private mutating func placeholder(
    _ text: Substring
  ) throws(Failure) -> RequestTemplate.Part {
    let words = text.split(separator: " ")
    switch words.first.map(String.init) ?? "" {
    case "counter" where words.count == 1: return .counter
    case "uuid" where words.count == 1: return .uuid
    case "random" where words.count == 1: return .random(0...UInt64(UInt32.max))
    case "random" where words.count == 3:
      guard let low = UInt64(words[1]), let high = UInt64(words[2]), low <= high else {
        throw Failure(message: "{{\(text)}} needs two whole numbers, the smaller one first")
      }
      return .random(low...high)
    case let word where word.hasPrefix("line:"):
      let path = String(text.drop { $0 == " " }.dropFirst(5))
      if let list = files[path] { return .pick(list: list) }
      let lines = try readLines(path)
      guard !lines.isEmpty else { throw Failure(message: "\(path) has no lines") }
      lists.append(RequestPlan.TextList(lines, draw: .inTurn))
      let number = firstList + lists.count - 1
      files[path] = number
      return .pick(list: number)
    default:
      throw Failure(
        message: "{{\(text)}} is no placeholder; there are {{counter}}, {{random}}, "
          + "{{random LOW HIGH}}, {{uuid}} and {{line:FILE}}")
    }
  }
}
