/// Passes over the body of a request that was answered, to where the next one begins. Strict as
/// ``RequestParser`` is; RFC 9112, section 7.1.
struct BodySkipper: Equatable {
  /// Longer ones are not worth receiving: the connection is closed instead. Framing counts.
  static let maximumLength = 1 << 20

  enum Outcome: Equatable {
    /// All bytes belonged to the body, which goes on.
    case incomplete
    /// So many bytes belonged to it.
    case finished(Int)
    case refused
  }

  private enum Place: Equatable {
    case data(left: Int)
    case size(digits: Int)
    case extensions
    case sizeEnd
    case chunk(left: Int)
    case chunkEnd(isLineFeed: Bool)
    /// A line of the trailers; how much of it was there.
    case trailer(hasBegun: Bool)
    case trailerEnd(isLast: Bool)
  }

  private var place: Place
  private var size = 0
  private var total = 0

  /// Nil if there is no body; `isTooLong` if it is known to be.
  init?(_ body: RequestHead.Body) {
    switch body {
    case .none: return nil
    case .length(let length): place = .data(left: length)
    case .chunked: place = .size(digits: 0)
    }
  }

  var isTooLong: Bool {
    if case .data(let left) = place { return left > Self.maximumLength }
    return false
  }

  /// Goes on with the next bytes.
  mutating func skip(_ received: UnsafeRawBufferPointer) -> Outcome {
    let bytes = RequestBytes(received)
    var index = 0
    while index < bytes.count {
      let before = index
      switch place {
      case .data(let left):
        let taken = min(left, bytes.count &- index)
        index &+= taken
        if taken == left { return .finished(index) }
        place = .data(left: left &- taken)
      case .chunk(let left):
        let taken = min(left, bytes.count &- index)
        index &+= taken
        place = taken == left ? .chunkEnd(isLineFeed: false) : .chunk(left: left &- taken)
      default:
        let byte = bytes[index]
        index &+= 1
        guard step(byte) else { return .refused }
        if place == .data(left: 0) { return .finished(index) }
      }
      total &+= index &- before
      if total > Self.maximumLength { return .refused }
    }
    return .incomplete
  }

  /// Takes in a byte of the framing; false if it cannot be one. ``Place/data(left:)`` with nothing left
  /// is the end.
  private mutating func step(_ byte: UInt8) -> Bool {
    let cr = UInt8(ascii: "\r")
    let lf = UInt8(ascii: "\n")
    switch place {
    case .size(let digits):
      if let value = Self.hexValue(byte) {
        // Seven digits say more than may be sent.
        guard digits < 7 || size == 0, digits < 16 else { return false }
        size = size &* 16 &+ value
        place = .size(digits: digits &+ 1)
        return true
      }
      guard digits > 0 else { return false }
      if byte == UInt8(ascii: ";") { place = .extensions } else if byte == cr { place = .sizeEnd }
      return place != .size(digits: digits)
    case .extensions:
      if byte == cr { place = .sizeEnd }
      return byte == cr || byte == UInt8(ascii: "\t") || !ByteClass.isControl(byte)
    case .sizeEnd:
      place = size == 0 ? .trailer(hasBegun: false) : .chunk(left: size)
      size = 0
      return byte == lf
    case .chunkEnd(let isLineFeed):
      place = isLineFeed ? .size(digits: 0) : .chunkEnd(isLineFeed: true)
      return byte == (isLineFeed ? lf : cr)
    case .trailer(let hasBegun):
      if byte == cr {
        place = .trailerEnd(isLast: !hasBegun)
      } else {
        place = .trailer(hasBegun: true)
      }
      let isFolded = !hasBegun && (byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t"))
      return byte == cr || byte == UInt8(ascii: "\t") && hasBegun
        || !ByteClass.isControl(byte) && !isFolded
    case .trailerEnd(let isLast):
      place = isLast ? .data(left: 0) : .trailer(hasBegun: false)
      return byte == lf
    case .data, .chunk: return false
    }
  }

  static func hexValue(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte &- UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte &- UInt8(ascii: "a")) &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte &- UInt8(ascii: "A")) &+ 10
    default: nil
    }
  }
}
