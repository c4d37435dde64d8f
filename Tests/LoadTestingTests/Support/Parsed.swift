@testable import LoadTesting

/// What ``ResponseReader`` says of bytes that come in pieces, as a connection hands them over.
struct Parsed: Equatable {
  enum Event: Equatable {
    /// A head that ended so many bytes from the beginning.
    case head(ResponseHead, location: [UInt8]?, at: Int)
    case ended(at: Int)
    case malformed(ResponseFault)
  }

  private(set) var events: [Event] = []
  /// How often the reader was asked.
  private(set) var steps = 0
  /// The most bytes that had to be kept for later.
  private(set) var mostKept = 0
  private(set) var endsWithConnection = false

  var fault: ResponseFault? {
    if case .malformed(let fault)? = events.last { fault } else { nil }
  }

  /// - Parameter heads: for each response, whether it answers a HEAD; false for those beyond.
  init(_ pieces: [ArraySlice<UInt8>], heads: [Bool] = []) {
    var reader = ResponseReader()
    var pending: [UInt8] = []
    var consumed = 0
    var answered = 0
    for piece in pieces {
      pending += piece
      var used = 0
      reading: while true {
        steps += 1
        let isHead = answered < heads.count && heads[answered]
        let step = pending.withUnsafeBytes {
          reader.next(UnsafeRawBufferPointer(rebasing: $0[used...]), answersHead: isHead)
        }
        switch step {
        case .needsMore(let count):
          used += count
          break reading
        case .head(let head, let count):
          let location = head.location.map {
            Array(pending[(used + $0.lowerBound)..<(used + $0.upperBound)])
          }
          used += count
          var plain = head
          plain.location = nil
          events.append(.head(plain, location: location, at: consumed + used))
        case .ended(let count):
          used += count
          answered += 1
          events.append(.ended(at: consumed + used))
          if used == pending.count { break reading }
        case .malformed(let fault):
          events.append(.malformed(fault))
          return
        }
      }
      pending.removeFirst(used)
      consumed += used
      mostKept = max(mostKept, pending.count)
    }
    endsWithConnection = reader.endsWithConnection
  }

  static func == (left: Parsed, right: Parsed) -> Bool {
    left.events == right.events && left.endsWithConnection == right.endsWithConnection
  }
}

extension [UInt8] {
  /// The same in two pieces.
  func split(at index: Int) -> [ArraySlice<UInt8>] { [self[..<index], self[index...]] }

  /// The same in pieces of up to `longest` bytes.
  func pieces(
    longest: Int, _ random: inout some RandomNumberGenerator
  ) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var start = 0
    while start < count {
      let end = Swift.min(count, start + Int.random(in: 1...longest, using: &random))
      pieces.append(self[start..<end])
      start = end
    }
    return pieces
  }
}
