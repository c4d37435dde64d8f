/// Requests as `.http` files have them.
struct RequestBlocks {
  private struct Line {
    let number: Int
    /// Without its end.
    let text: Substring
  }

  private static let directives = ["name", "expect", "location", "weight"]

  private let content: String
  private let target: LoadTarget

  /// - Parameter bytes: UTF-8.
  init(_ bytes: [UInt8], _ target: LoadTarget) {
    content = String(decoding: bytes, as: UTF8.self)
    self.target = target
  }

  func entries() throws(RequestsFile.Failure) -> [RequestsFile.Entry] {
    var entries: [RequestsFile.Entry] = []
    var block: [Line] = []
    var name: String?
    var number = 0
    for line in content.utf8.split(separator: 0x0a, omittingEmptySubsequences: false) {
      number += 1
      let text = Substring(line.last == 0x0d ? line.dropLast() : line)
      guard text.utf8.starts(with: "###".utf8) else {
        block.append(Line(number: number, text: text))
        continue
      }
      try take(block, name, &entries)
      block = []
      let rest = text.utf8.drop { $0 == UInt8(ascii: "#") }
      let title = Substring(rest).withoutBlanks
      name = title.isEmpty ? nil : String(title)
    }
    try take(block, name, &entries)
    return entries
  }

  /// The request of a block, if it has more than comments.
  private func take(
    _ block: [Line], _ name: String?, _ entries: inout [RequestsFile.Entry]
  ) throws(RequestsFile.Failure) {
    var number = block.first?.number ?? 1
    do throws(RequestDraft.Problem) {
      var draft = RequestDraft(line: number)
      draft.name = name
      var rest = block[...]
      let hasDirectives = try takeComments(&rest, &draft, &number)
      guard let first = rest.popFirst() else {
        if hasDirectives { throw .init("no request follows it; write one below") }
        return
      }
      number = first.number
      draft.line = number
      try Self.take(requestLine: first.text.withoutBlanks, &draft)
      try takeHeaders(&rest, &draft, &number)
      draft.body = try body(rest, &number)
      number = draft.line
      guard entries.count < RequestsFile.mostRequests else {
        throw .init("there are more than the \(RequestsFile.mostRequests) requests that are read")
      }
      entries.append(try draft.entry(for: target))
    } catch {
      throw RequestsFile.Failure(line: number, error.message)
    }
  }

  // MARK: Before the request

  /// Whether there were directives; `number` is the line of the last one.
  private func takeComments(
    _ rest: inout ArraySlice<Line>, _ draft: inout RequestDraft, _ number: inout Int
  ) throws(RequestDraft.Problem) -> Bool {
    var seen: Set<String> = []
    while let line = rest.first {
      let text = line.text.withoutBlanks
      let bytes = text.utf8
      let mark = bytes.starts(with: "//".utf8) ? 2 : bytes.first == UInt8(ascii: "#") ? 1 : 0
      if mark == 0, !text.isEmpty { break }
      rest.removeFirst()
      let comment = Substring(bytes.dropFirst(mark)).withoutBlanks
      guard comment.utf8.first == UInt8(ascii: "@") else { continue }
      number = line.number
      let name = Substring(comment.utf8.dropFirst()).utf8.prefix { $0 != 0x20 && $0 != 0x09 }
      let value = Substring(comment.utf8.dropFirst(1 + name.count)).withoutBlanks
      guard seen.insert(String(Substring(name))).inserted else {
        throw .init("@\(Substring(name)) is there twice; leave one out")
      }
      try Self.take(directive: String(Substring(name)), String(value), &draft)
    }
    return !seen.isEmpty
  }

  private static func take(
    directive: String, _ value: String, _ draft: inout RequestDraft
  ) throws(RequestDraft.Problem) {
    switch directive {
    case "name":
      guard !value.isEmpty else { throw .init("@name needs a name behind it") }
      draft.name = value
    case "expect":
      let words = value.utf8.split { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
      try draft.set(statuses: words.map { Int(Substring($0)) ?? 0 })
    case "location": try draft.set(location: value)
    case "weight": try draft.set(weight: Int(value))
    default:
      throw .init(
        "@\(quotedShort(directive)) is not known; known are "
          + directives.map { "@" + $0 }.joined(separator: ", "))
    }
  }

  // MARK: The request

  /// `METHOD PLACE`, and the version if somebody wrote it.
  private static func take(
    requestLine line: Substring, _ draft: inout RequestDraft
  ) throws(RequestDraft.Problem) {
    let method = line.utf8.prefix { $0 != 0x20 && $0 != 0x09 }
    var place = Substring(line.utf8.dropFirst(method.count)).withoutBlanks
    // Placeholders have blanks as well: only the last word is looked at.
    if let blank = place.utf8.lastIndex(where: { $0 == 0x20 || $0 == 0x09 }) {
      let version = place[place.utf8.index(after: blank)...]
      if version.utf8.starts(with: "HTTP/".utf8) {
        guard version == "HTTP/1.1" else {
          throw .init("\(quotedShort(version)) is not spoken; write HTTP/1.1, or nothing")
        }
        place = place[..<blank].withoutBlanks
      }
    }
    guard RequestDescription.isToken(String(Substring(method))), !place.isEmpty else {
      throw .init(
        "\(quotedShort(line)) is no request line, as in 'GET /path'; comments begin with # or //, "
          + "and ### begins the next request")
    }
    draft.method = String(Substring(method))
    draft.place = String(place)
  }

  private func takeHeaders(
    _ rest: inout ArraySlice<Line>, _ draft: inout RequestDraft, _ number: inout Int
  ) throws(RequestDraft.Problem) {
    while let line = rest.popFirst(), !line.text.withoutBlanks.isEmpty {
      number = line.number
      guard let header = RequestDescription.Header(String(line.text)),
        RequestDescription.isToken(header.name)
      else {
        throw .init(
          "\(quotedShort(line.text)) is no header field, as in 'Accept: text/html'; a blank line "
            + "begins the body")
      }
      draft.headers.append(header)
    }
  }

  /// What is left, line ends as they are, but for blank lines at its end; nil if that is nothing.
  private func body(
    _ rest: ArraySlice<Line>, _ number: inout Int
  ) throws(RequestDraft.Problem) -> String? {
    guard let first = rest.first,
      let last = rest.last(where: { !$0.text.withoutBlanks.isEmpty })
    else { return nil }
    // What other tools take for a file to be sent must not be sent as it stands.
    if first.text.utf8.starts(with: "< ".utf8) || first.text.utf8.starts(with: "<@".utf8) {
      number = first.number
      throw .init("bodies from files are not read; write the body itself here")
    }
    return String(content[first.text.startIndex..<last.text.endIndex])
  }
}

extension Substring {
  /// Without spaces and tabs at its ends.
  fileprivate var withoutBlanks: Substring {
    let bytes = utf8
    guard let first = bytes.firstIndex(where: { $0 != 0x20 && $0 != 0x09 }),
      let last = bytes.lastIndex(where: { $0 != 0x20 && $0 != 0x09 })
    else { return self[endIndex...] }
    return self[first..<bytes.index(after: last)]
  }
}
