/// Reads one response after the other from the bytes of a connection, without I/O: what comes in goes to
/// ``next(_:from:answersHead:)`` as often as it asks for more.
struct ResponseReader {
  enum Step: Equatable {
    /// All that could be read was; what is behind `used` must be there again with what comes next.
    case needsMore(used: Int)
    /// A head, which ended behind `used` bytes. Where it begins: at the position that was asked for.
    case head(ResponseHead, used: Int)
    /// The response that began last has ended behind `used` bytes.
    case ended(used: Int)
    case malformed(ResponseFault)
  }

  private enum Place: Equatable {
    case head
    case data(left: Int)
    case chunked(ChunkedBody)
    case untilClose
    /// The head said that there is no body.
    case bodiless
  }

  private var place = Place.head

  /// Whether a response has begun whose head was read.
  var isInBody: Bool { place != .head }
  /// Whether the end of the connection would end the response as it should.
  var endsWithConnection: Bool { place == .untilClose }

  /// Goes on at position `start` of `bytes`.
  @inline(__always)
  mutating func next(_ bytes: UnsafeRawBufferPointer, answersHead: Bool) -> Step {
    if case .head = place {
      switch ResponseHead.parse(ResponseBytes(bytes), answersHead: answersHead) {
      case .incomplete: return .needsMore(used: 0)
      case .malformed(let fault): return .malformed(fault)
      case .head(let head):
        if head.status == 101 { return .malformed(.upgrade) }
        if !head.isInterim {
          place =
            switch head.framing {
            case .none: .bodiless
            case .length(let length): .data(left: length)
            case .chunked: .chunked(ChunkedBody())
            case .untilClose: .untilClose
            }
        }
        return .head(head, used: head.length)
      }
    }
    return nextOfBody(bytes)
  }

  private mutating func nextOfBody(_ bytes: UnsafeRawBufferPointer) -> Step {
    switch place {
    case .head: return .needsMore(used: 0)
    case .bodiless:
      place = .head
      return .ended(used: 0)
    case .data(let left):
      let taken = min(left, bytes.count)
      if taken == left {
        place = .head
        return .ended(used: taken)
      }
      place = .data(left: left &- taken)
      return .needsMore(used: taken)
    case .chunked(var body):
      switch body.skip(ResponseBytes(bytes), from: 0) {
      case .incomplete:
        place = .chunked(body)
        return .needsMore(used: bytes.count)
      case .finished(let used):
        place = .head
        return .ended(used: used)
      case .malformed: return .malformed(.chunk)
      }
    case .untilClose: return .needsMore(used: bytes.count)
    }
  }
}
