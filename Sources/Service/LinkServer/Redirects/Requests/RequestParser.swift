/// Finds the end of a request's head and what it says, in place, in one pass, without allocating.
///
/// Strict, by RFC 9112 (July 2022): what two servers could read in two ways is refused, so that nothing
/// can be smuggled past one of them (section 11.2). Where the RFC lets a server be lenient (a bare line
/// feed, folded lines, spaces before the colon), this one is not.
///
/// **In pieces**: who calls again after ``Outcome/incomplete`` hands in the same bytes and those that
/// came since; lines that were read are not read again. The outcome depends on the bytes alone, not on
/// the pieces they come in.
struct RequestParser {
  static let maximumLine = 8192
  static let maximumHead = 32_768

  enum Outcome: Equatable {
    case incomplete
    case head(RequestHead)
    case refused(Refusal)
  }

  private enum Place { case beginning, requestLine, fields }

  private var place = Place.beginning
  /// Where the line begins that has not been read yet.
  private var line = 0
  private var fields = FieldsSeen()
  private var head = RequestHead()

  /// Reads a head that begins with the first byte. Complexity: O(bytes that were not read before).
  @inline(__always)
  mutating func parse(_ received: UnsafeRawBufferPointer) -> Outcome {
    let bytes = RequestBytes(received, limit: Self.maximumHead)
    if place != .fields {
      if place == .beginning {
        // One empty line before the request is passed over (RFC 9112, section 2.2).
        if bytes.count == 0 { return .incomplete }
        if bytes[0] == Self.cr {
          if bytes.count == 1 { return .incomplete }
          if bytes[1] != Self.lf { return .refused(.malformed) }
          line = 2
        }
        place = .requestLine
      }
      if let outcome = parseRequestLine(bytes) { return outcome }
      place = .fields
    }
    return parseFields(bytes)
  }

  /// Whether what was refused is a HEAD, as far as that can be told: no answer to one has a body.
  static func beginsAsHead(_ received: UnsafeRawBufferPointer) -> Bool {
    let bytes = RequestBytes(received)
    let start = bytes[0] == cr && bytes[1] == lf ? 2 : 0
    return bytes.halfWord(at: start) == 0x4441_4548 && bytes[start &+ 4] == space  // "HEAD "
  }

  // MARK: Request line

  /// Nil after the whole line was read.
  @inline(__always)
  private mutating func parseRequestLine(_ received: RequestBytes) -> Outcome? {
    let bytes = received.limited(to: line &+ Self.maximumLine &+ 2)
    var index: Int
    if bytes.halfWord(at: line) == 0x2054_4547 {  // "GET "
      head.method = .get
      index = line &+ 4
    } else {
      index = line
      while ByteClass.isToken(bytes[index]) { index &+= 1 }
      if index >= bytes.count { return outOfBytes(bytes) }
      if index == line || bytes[index] != Self.space { return .refused(.malformed) }
      head.method = method(bytes, line..<index)
      index &+= 1
    }

    let start = index
    var query = -1
    while true {
      let byte = bytes[index]
      if byte <= Self.space || byte == 0x7f || byte == Self.hash { break }
      if byte == Self.question, query < 0 { query = index }
      if byte == Self.percent, query < 0 { head.hasEscapes = true }
      index &+= 1
    }
    if index >= bytes.count { return outOfBytes(bytes) }
    guard bytes[index] == Self.space, index > start else { return .refused(.malformed) }
    let end = index
    index &+= 1

    if bytes.word(at: index) == 0x312e_312f_5054_5448,  // "HTTP/1.1"
      bytes[index &+ 8] == Self.cr, bytes[index &+ 9] == Self.lf
    {
      index &+= 10
    } else if let outcome = parseVersion(bytes, &index) {
      return outcome
    }
    if bytes[start] == Self.slash {
      head.path = (start &+ 1)..<(query < 0 ? end : query)
      head.query = query < 0 ? nil : (query &+ 1)..<end
    } else if head.method == .get || head.method == .head {
      guard readAbsoluteForm(bytes, start..<end) else { return .refused(.malformed) }
    }
    line = index
    return nil
  }

  private func method(_ bytes: RequestBytes, _ name: Range<Int>) -> RequestHead.Method {
    let slice = bytes.slice(name)
    if slice.elementsEqual("GET".utf8) { return .get }
    if slice.elementsEqual("HEAD".utf8) { return .head }
    return slice.elementsEqual("CONNECT".utf8) ? .connect : .other
  }

  /// HTTP/1.x and the end of the line; a higher minor version is answered as 1.1 (RFC 9110, section 2.5).
  private mutating func parseVersion(_ bytes: RequestBytes, _ index: inout Int) -> Outcome? {
    let expected: StaticString = "HTTP/"
    var major: UInt8 = 0
    for offset in 0..<10 {
      let place = index &+ offset
      if place >= bytes.count { return outOfBytes(bytes) }
      let byte = bytes[place]
      let isRight: Bool =
        switch offset {
        case 0..<5: byte == expected.utf8Start[offset]
        case 6: byte == UInt8(ascii: ".")
        case 8: byte == Self.cr
        case 9: byte == Self.lf
        default: 0x30...0x39 ~= byte
        }
      if !isRight { return .refused(.malformed) }
      if offset == 5 { major = byte }
      if offset == 7 { head.isHTTP10 = byte == UInt8(ascii: "0") }
    }
    if major != UInt8(ascii: "1") { return .refused(.unknownVersion) }
    if head.isHTTP10 { head.keepsAlive = false }
    index &+= 10
    return nil
  }

  /// `http://authority/path?query` (RFC 9112, section 3.2.2). Any authority is ours; false if there is none.
  private mutating func readAbsoluteForm(_ bytes: RequestBytes, _ target: Range<Int>) -> Bool {
    var authority = target.lowerBound
    if bytes.matches("http", at: authority, count: 4) { authority &+= 4 } else { return false }
    if bytes[authority] | 0x20 == UInt8(ascii: "s") { authority &+= 1 }
    guard bytes[authority] == UInt8(ascii: ":"), bytes[authority &+ 1] == Self.slash,
      bytes[authority &+ 2] == Self.slash
    else { return false }
    authority &+= 3
    var end = authority
    while end < target.upperBound, ByteClass.isHost(bytes[end]) { end &+= 1 }
    guard end > authority else { return false }
    var path = end
    if path < target.upperBound {
      if bytes[path] == Self.slash {
        path &+= 1
      } else if bytes[path] != Self.question {
        return false
      }
    }
    var query = path
    while query < target.upperBound, bytes[query] != Self.question { query &+= 1 }
    head.path = path..<query
    head.query = query < target.upperBound ? (query &+ 1)..<target.upperBound : nil
    return true
  }

  // MARK: Fields

  @inline(__always)
  private mutating func parseFields(_ bytes: RequestBytes) -> Outcome {
    while true {
      var index = line
      let first = bytes[index]
      if first == Self.cr {
        if index &+ 1 >= bytes.count { return outOfBytes(bytes) }
        guard bytes[index &+ 1] == Self.lf, fields.describeMessage(&head) else {
          return .refused(.malformed)
        }
        head.length = index &+ 2
        defer { self = RequestParser() }
        return .head(head)
      }
      while ByteClass.isToken(bytes[index]) { index &+= 1 }
      if index >= bytes.count { return outOfBytes(bytes) }
      // Also a folded line, which begins with a space, and a space before the colon.
      if index == line || bytes[index] != Self.colon { return .refused(.malformed) }
      let name = line..<index
      index &+= 1
      let value = index
      while true {
        index = bytes.firstControl(from: index)
        if bytes[index] != Self.tab { break }
        index &+= 1
      }
      if index >= bytes.count { return outOfBytes(bytes) }
      if bytes[index] != Self.cr { return .refused(.malformed) }
      if index &+ 1 >= bytes.count { return outOfBytes(bytes) }
      if bytes[index &+ 1] != Self.lf { return .refused(.malformed) }
      if let refusal = fields.note(bytes, name: name, value: value..<index) {
        return .refused(refusal)
      }
      line = index &+ 2
    }
  }

  /// More is needed, unless as much as may be was there.
  private func outOfBytes(_ bytes: RequestBytes) -> Outcome {
    if place == .requestLine, bytes.count >= line &+ Self.maximumLine &+ 2 {
      return .refused(.targetTooLong)
    }
    return bytes.count >= Self.maximumHead ? .refused(.headTooLarge) : .incomplete
  }

  private static let cr = UInt8(ascii: "\r")
  private static let lf = UInt8(ascii: "\n")
  private static let tab = UInt8(ascii: "\t")
  private static let space = UInt8(ascii: " ")
  private static let slash = UInt8(ascii: "/")
  private static let colon = UInt8(ascii: ":")
  private static let hash = UInt8(ascii: "#")
  private static let question = UInt8(ascii: "?")
  private static let percent = UInt8(ascii: "%")
}
