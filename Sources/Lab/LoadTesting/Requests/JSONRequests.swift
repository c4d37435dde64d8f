/// Requests as JSON objects.
struct JSONRequests {
  private let bytes: [UInt8]
  private let target: LoadTarget

  private static let fields = [
    "name", "method", "path", "url", "headers", "body", "expect", "location", "weight",
  ]

  init(_ bytes: [UInt8], _ target: LoadTarget) {
    self.bytes = bytes
    self.target = target
  }

  func entries() throws(RequestsFile.Failure) -> [RequestsFile.Entry] {
    var entries: [RequestsFile.Entry] = []
    var lines = LineCounter(bytes)
    do throws(JSONScanner.Failure) {
      var scanner = JSONScanner(bytes)
      while let first = scanner.peek() {
        let isArray = first == UInt8(ascii: "[")
        for value in isArray ? try scanner.elements() : [try scanner.value()] {
          guard entries.count < RequestsFile.mostRequests else {
            throw JSONScanner.Failure(
              offset: value.lowerBound,
              message: "there are more than the \(RequestsFile.mostRequests) requests that are read"
            )
          }
          entries.append(try entry(value, line: lines.line(of: value.lowerBound)))
        }
      }
    } catch {
      throw RequestsFile.Failure(
        line: RequestsFile.line(of: error.offset, in: bytes), error.message)
    }
    return entries
  }

  private func entry(
    _ value: Range<Int>, line: Int
  ) throws(JSONScanner.Failure) -> RequestsFile.Entry {
    guard bytes[value.lowerBound] == UInt8(ascii: "{") else {
      throw JSONScanner.Failure(
        offset: value.lowerBound,
        message: "a request is an object, like {\"path\": \"/\", \"expect\": 308}")
    }
    var scanner = JSONScanner(bytes, at: value.lowerBound)
    let members = try scanner.members()
    var draft = RequestDraft(line: line)
    var offset = value.lowerBound
    do throws(RequestDraft.Problem) {
      for member in members {
        offset = member.offset
        try take(member, &draft)
      }
      offset = value.lowerBound
      return try draft.entry(for: target)
    } catch {
      throw JSONScanner.Failure(offset: offset, message: error.message)
    }
  }

  private func take(
    _ member: JSONScanner.Member, _ draft: inout RequestDraft
  ) throws(RequestDraft.Problem) {
    switch member.name {
    case "name": draft.name = try string(member)
    case "method": draft.method = try string(member)
    case "path", "url":
      guard draft.place == nil else { throw .init("it has both a path and a url; leave one out") }
      draft.place = try string(member)
    case "headers": draft.headers = try headers(member)
    case "body": try takeBody(member, &draft)
    case "expect": try draft.set(statuses: try statuses(member))
    case "location": try draft.set(location: try string(member))
    case "weight": try draft.set(weight: Int(text(member.value)))
    default:
      throw .init(
        "the field \(quotedShort(member.name)) is not known; known are "
          + Self.fields.joined(separator: ", "))
    }
  }

  // MARK: Values

  private func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  private func string(_ member: JSONScanner.Member) throws(RequestDraft.Problem) -> String {
    guard bytes[member.value.lowerBound] == UInt8(ascii: "\"") else {
      throw .init("\(quotedShort(member.name)) has to be a text in quotation marks")
    }
    return JSONScanner(bytes).string(at: member.value.lowerBound)
  }

  private func headers(
    _ member: JSONScanner.Member
  ) throws(RequestDraft.Problem) -> [RequestDescription.Header] {
    var scanner = JSONScanner(bytes, at: member.value.lowerBound)
    let fields: [JSONScanner.Member]
    do throws(JSONScanner.Failure) { fields = try scanner.members() } catch {
      throw .init("the headers have to be an object of names and texts, none of them twice")
    }
    var headers: [RequestDescription.Header] = []
    for field in fields { headers.append(.init(field.name, try string(field))) }
    return headers
  }

  /// A text is sent as it is; anything else as the JSON that it is, byte for byte.
  private func takeBody(
    _ member: JSONScanner.Member, _ draft: inout RequestDraft
  ) throws(RequestDraft.Problem) {
    let value = text(member.value)
    if value == "null" { return }
    if value.utf8.first == UInt8(ascii: "\"") {
      draft.body = try string(member)
    } else {
      draft.body = value
      draft.isBodyJSON = true
    }
  }

  private func statuses(_ member: JSONScanner.Member) throws(RequestDraft.Problem) -> [Int] {
    var ranges = [member.value]
    if bytes[member.value.lowerBound] == UInt8(ascii: "[") {
      var scanner = JSONScanner(bytes, at: member.value.lowerBound)
      ranges = (try? scanner.elements()) ?? []
    }
    // What is no number is no status either.
    return ranges.map { Int(text($0)) ?? 0 }
  }
}

/// Counts lines up to offsets that ascend.
private struct LineCounter {
  private let bytes: [UInt8]
  private var offset = 0
  private var line = 1

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func line(of next: Int) -> Int {
    for index in offset..<max(offset, min(next, bytes.count)) where bytes[index] == 0x0a {
      line += 1
    }
    offset = max(offset, next)
    return line
  }
}
