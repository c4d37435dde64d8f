/// Passes over a chunked body to where the next response begins; RFC 9112, section 7.1.
struct ChunkedBody: Equatable {
  enum Outcome: Equatable {
    /// All bytes belonged to the body, which goes on.
    case incomplete
    /// So many bytes belonged to it.
    case finished(Int)
    case malformed
  }

  private enum Place: Equatable {
    case size(digits: Int)
    case extensions
    case sizeEnd
    case data(left: Int)
    case dataEnd(sawReturn: Bool)
    /// A line of the trailers; whether anything of it was there.
    case trailer(hasBegun: Bool)
    case trailerEnd(isLast: Bool)
    case end
  }

  /// What extensions and trailers may have in all.
  private static let maximumFraming = 65_536

  private var place = Place.size(digits: 0)
  private var size = 0
  /// Bytes of extensions and trailers.
  private var framing = 0

  /// Goes on with the bytes of a range.
  mutating func skip(_ bytes: ResponseBytes, from start: Int) -> Outcome {
    var index = start
    while index < bytes.count {
      if case .data(let left) = place {
        let taken = min(left, bytes.count &- index)
        index &+= taken
        place = taken == left ? .dataEnd(sawReturn: false) : .data(left: left &- taken)
        continue
      }
      guard step(bytes[index]) else { return .malformed }
      index &+= 1
      if place == .end { return .finished(index &- start) }
    }
    return .incomplete
  }

  /// Takes in a byte of the framing; false if it cannot be one.
  private mutating func step(_ byte: UInt8) -> Bool {
    let cr = UInt8(ascii: "\r")
    let lf = UInt8(ascii: "\n")
    switch place {
    case .size(let digits):
      if let value = Self.hexValue(byte) {
        // Fifteen digits fit into an Int; zeros in front are allowed.
        guard digits < 15 else { return false }
        size = size &* 16 &+ value
        place = .size(digits: digits &+ 1)
        return true
      }
      guard digits > 0 else { return false }
      switch byte {
      // Blanks before the end or an extension: RFC 9112 calls them bad, servers send them.
      case UInt8(ascii: ";"), UInt8(ascii: " "), UInt8(ascii: "\t"): place = .extensions
      case cr: place = .sizeEnd
      case lf: endSize()
      default: return false
      }
      return true
    case .extensions:
      framing &+= 1
      if byte == cr { place = .sizeEnd } else if byte == lf { endSize() }
      return framing < Self.maximumFraming
    case .sizeEnd:
      endSize()
      return byte == lf
    case .dataEnd(let sawReturn):
      if byte == cr, !sawReturn {
        place = .dataEnd(sawReturn: true)
        return true
      }
      place = .size(digits: 0)
      return byte == lf
    case .trailer(let hasBegun):
      framing &+= 1
      if byte == cr {
        place = .trailerEnd(isLast: !hasBegun)
      } else if byte == lf {
        place = hasBegun ? .trailer(hasBegun: false) : .end
      } else {
        place = .trailer(hasBegun: true)
      }
      return framing < Self.maximumFraming
    case .trailerEnd(let isLast):
      place = isLast ? .end : .trailer(hasBegun: false)
      return byte == lf
    case .data, .end: return false
    }
  }

  private mutating func endSize() {
    place = size == 0 ? .trailer(hasBegun: false) : .data(left: size)
    size = 0
  }

  private static func hexValue(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte &- UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte &- UInt8(ascii: "a")) &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte &- UInt8(ascii: "A")) &+ 10
    default: nil
    }
  }
}
