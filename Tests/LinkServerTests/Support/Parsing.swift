@testable import LinkServer

/// What a stream of requests comes to, whatever pieces it came in.
struct Parsed: Equatable {
  enum Event: Equatable {
    case head(RequestHead, path: [UInt8], query: [UInt8]?)
    case body
    case refused(Refusal)
    case badBody
  }

  var events: [Event] = []
  /// Bytes left over after the last event.
  var left = 0

  /// As a connection does it: what was not used is handed in again with what came since.
  init(_ pieces: some Sequence<ArraySlice<UInt8>>) {
    var parser = RequestParser()
    var skipper: BodySkipper?
    var pending: [UInt8] = []
    var hasEnded = false
    for piece in pieces {
      pending += piece
      var used = 0
      reading: while !hasEnded, used < pending.count {
        let rest = Array(pending[used...])
        if skipper != nil {
          switch rest.withUnsafeBytes({ skipper?.skip($0) }) {
          case .incomplete: used = pending.count
          case .finished(let count):
            used += count
            skipper = nil
            events.append(.body)
          default:
            events.append(.badBody)
            hasEnded = true
          }
          continue
        }
        switch rest.withUnsafeBytes({ parser.parse($0) }) {
        case .incomplete: break reading
        case .head(let head):
          events.append(
            .head(head, path: Array(rest[head.path]), query: head.query.map { Array(rest[$0]) }))
          skipper = BodySkipper(head.body)
          used += head.length
        case .refused(let refusal):
          events.append(.refused(refusal))
          hasEnded = true
        }
      }
      pending.removeFirst(used)
    }
    left = hasEnded ? 0 : pending.count
  }

  init(_ text: String) { self.init([Array(text.utf8)[...]]) }

  var refusal: Refusal? {
    if case .refused(let refusal)? = events.last { return refusal }
    return nil
  }
}
