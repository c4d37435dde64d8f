/// The head of a response: what it says of itself and where its body ends.
struct ResponseHead: Equatable {
  /// Where a body ends; RFC 9112, section 6.3.
  enum Framing: Equatable {
    case none
    case length(Int)
    case chunked
    /// It ends with the connection.
    case untilClose
  }

  /// The head's bytes, its empty line included.
  var length: Int
  var status: Int
  var framing: Framing
  /// Whether another request may follow on this connection.
  var keepsAlive: Bool
  /// Where the value of `Location` is, if there is one.
  var location: Range<Int>?

  /// A response that is not the last word (RFC 9110, section 15.2): another follows.
  var isInterim: Bool { status < 200 }
}

extension ResponseHead {
  enum Outcome: Equatable {
    case incomplete
    case head(ResponseHead)
    case malformed(ResponseFault)
  }

  /// More than this is no head.
  static let maximumLength = 65_536

  /// Reads the head that `bytes` begin with; RFC 9112, sections 4 and 5. A line feed alone ends a line
  /// as well, as its section 2.2 allows.
  ///
  /// - Parameter answersHead: whether it answers a HEAD request and so has no body.
  static func parse(_ bytes: ResponseBytes, answersHead: Bool) -> Outcome {
    let lf = UInt8(ascii: "\n")
    let cr = UInt8(ascii: "\r")
    guard bytes.count >= 13 else { return Self.beginning(bytes) }
    // "HTTP/1." and a digit, a blank, three digits, and a blank or the line's end.
    guard bytes.word(at: 0) & 0x00ff_ffff_ffff_ffff == 0x002e_312f_5054_5448 else {
      return .malformed(.statusLine)
    }
    let minor = bytes[7] &- UInt8(ascii: "0")
    let hundreds = Int(bytes[9] &- UInt8(ascii: "0"))
    let tens = Int(bytes[10] &- UInt8(ascii: "0"))
    let ones = Int(bytes[11] &- UInt8(ascii: "0"))
    let after = bytes[12]
    guard minor < 10, bytes[8] == UInt8(ascii: " "), hundreds > 0, hundreds < 10, tens < 10,
      ones < 10, after == UInt8(ascii: " ") || after == cr || after == lf
    else { return .malformed(.statusLine) }
    let status = hundreds &* 100 &+ tens &* 10 &+ ones

    var fields = ResponseFields()
    guard var index = bytes.first(lf, in: 12..<bytes.count) else { return unfinished(bytes) }
    index &+= 1
    while true {
      guard index < bytes.count else { return unfinished(bytes) }
      let first = bytes[index]
      if first == lf {
        index &+= 1
        break
      }
      if first == cr {
        guard index &+ 1 < bytes.count else { return unfinished(bytes) }
        guard bytes[index &+ 1] == lf else { return .malformed(.field) }
        index &+= 2
        break
      }
      guard let end = bytes.first(lf, in: index..<bytes.count) else { return unfinished(bytes) }
      if let fault = fields.read(bytes, index..<end) { return .malformed(fault) }
      index = end &+ 1
    }
    if index > maximumLength { return .malformed(.headTooLong) }
    let hasNoBody = answersHead || status < 200 || status == 204 || status == 304
    if fields.isChunked, fields.length != nil { return .malformed(.twoLengths) }
    let framing: Framing =
      if hasNoBody {
        .none
      } else if fields.isChunked {
        .chunked
      } else if fields.hasOtherCoding {
        .untilClose
      } else if let length = fields.length {
        length == 0 ? .none : .length(length)
      } else {
        .untilClose
      }
    let keepsAlive =
      framing != .untilClose && !fields.saysClose && (minor >= 1 || fields.saysKeepAlive)
    return .head(
      ResponseHead(
        length: index, status: status, framing: framing, keepsAlive: keepsAlive,
        location: fields.location))
  }

  /// Less than the shortest status line.
  private static func beginning(_ bytes: ResponseBytes) -> Outcome {
    let expected: StaticString = "HTTP/1."
    let text = UnsafeBufferPointer(start: expected.utf8Start, count: expected.utf8CodeUnitCount)
    for index in 0..<min(bytes.count, text.count) where bytes[index] != text[index] {
      return .malformed(.statusLine)
    }
    return .incomplete
  }

  private static func unfinished(_ bytes: ResponseBytes) -> Outcome {
    bytes.count > maximumLength ? .malformed(.headTooLong) : .incomplete
  }
}

/// What is wrong with a response.
public enum ResponseFault: String, Sendable, CaseIterable {
  case statusLine = "the status line is not HTTP/1.x"
  case field = "a header field is malformed"
  case length = "Content-Length is not one number"
  case twoLengths = "Content-Length and Transfer-Encoding contradict each other"
  case headTooLong = "the head is longer than 64 KiB"
  case chunk = "a chunk's size or end is malformed"
  case unasked = "bytes came that no request asked for"
  case upgrade = "the protocol was switched without being asked to"
}
