/// A request to be sent many times, with what varies from one to the next.
public struct RequestTemplate: Sendable, Equatable {
  /// A piece of a request.
  enum Part: Sendable, Equatable {
    /// Bytes of ``bytes``.
    case literal(Range<Int>)
    /// The request's number, from 1, counted over all threads.
    case counter
    /// A whole number drawn anew.
    case random(ClosedRange<UInt64>)
    /// A version 4 UUID (RFC 9562) drawn anew.
    case uuid
    /// The text that was drawn for the request from one of the plan's lists.
    case pick(list: Int)
    /// How long the body is.
    case bodyLength
  }

  public let method: String
  /// What all literal parts are ranges of.
  let bytes: [UInt8]
  let head: [Part]
  let body: [Part]

  init(method: String, bytes: [UInt8], head: [Part], body: [Part]) {
    self.method = method
    self.bytes = bytes
    self.head = head
    self.body = body
  }

  /// Whether its answer has no body.
  var isHead: Bool { method == "HEAD" }

  /// The whole request, if nothing in it varies.
  var fixed: [UInt8]? {
    var whole: [UInt8] = []
    for part in head + body {
      guard case .literal(let range) = part else { return nil }
      whole += bytes[range]
    }
    return whole
  }

  /// The same, with as few parts as will do: neighbours are joined, and a length that never varies is
  /// written down.
  var simplified: RequestTemplate {
    let isBodyFixed = body.allSatisfy { if case .literal = $0 { true } else { false } }
    let length = body.reduce(0) { sum, part in
      if case .literal(let range) = part { sum + range.count } else { sum }
    }
    var bytes: [UInt8] = []
    func joined(_ parts: [Part]) -> [Part] {
      var result: [Part] = []
      for part in parts {
        let start = bytes.count
        switch part {
        case .literal(let range): bytes += self.bytes[range]
        case .bodyLength where isBodyFixed: bytes += "\(length)".utf8
        default:
          result.append(part)
          continue
        }
        if case .literal(let last)? = result.last, last.upperBound == start {
          result[result.count - 1] = .literal(last.lowerBound..<bytes.count)
        } else {
          result.append(.literal(start..<bytes.count))
        }
      }
      return result
    }
    let head = joined(head)
    let body = joined(body)
    return RequestTemplate(method: method, bytes: bytes, head: head, body: body)
  }
}
