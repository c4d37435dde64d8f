internal import LinuxSystem

/// Writes answers from bytes made before, for one event loop.
final class AnswerWriter {
  let outgoing = OutgoingBytes()
  private let redirect: DatedBytes
  private let others: [(head: DatedBytes, body: [UInt8])]

  init(_ settings: RedirectSettings) {
    let date = HTTPDate.text(0)
    redirect = DatedBytes(
      settings.status.statusLine + "Date: \(date)\r\nContent-Length: 0\r\n"
        + "Cache-Control: \(settings.cacheControl)\r\nLocation: ", date: date)
    others = Answer.allCases.map { answer in
      let body = Array(answer.body.utf8)
      return (
        DatedBytes(
          answer.status.statusLine + "Date: \(date)\r\nContent-Type: \(answer.contentType)\r\n"
            + "Content-Length: \(body.count)\r\nCache-Control: no-store\r\n" + answer.ownFields,
          date: date), body
      )
    }
  }

  func setDate(seconds: Int64) {
    let date = HTTPDate.text(seconds)
    redirect.setDate(date)
    for answer in others { answer.head.setDate(date) }
  }

  /// How a head ends.
  enum Ending {
    case keepAlive
    /// Said to HTTP/1.0 alone, which would not expect it.
    case keepAliveSaid
    case close

    @inline(__always)
    init(_ head: RequestHead, closes: Bool) {
      self = closes ? .close : head.isHTTP10 ? .keepAliveSaid : .keepAlive
    }
  }

  func add(_ answer: Answer, _ ending: Ending, withBody: Bool) {
    let (head, body) = others[answer.rawValue]
    outgoing.append(head.bytes)
    switch ending {
    case .keepAlive: outgoing.append("\r\n")
    case .keepAliveSaid: outgoing.append("Connection: keep-alive\r\n\r\n")
    case .close: outgoing.append("Connection: close\r\n\r\n")
    }
    if withBody { body.withUnsafeBytes { outgoing.append($0) } }
  }

  /// A redirect up to where its destination is to be written; where that is.
  @inline(__always)
  func beginRedirect() -> Int {
    outgoing.append(redirect.bytes)
    return outgoing.count
  }

  /// The rest of a redirect, with its destination written from `start` on: safe to be a field's value
  /// after this. False, and nothing is added, if there is no destination at all.
  @inline(__always)
  func endRedirect(
    from start: Int, query: UnsafeRawBufferPointer?, timing: Timing?, _ ending: Ending
  )
    -> Bool
  {
    if outgoing.count == start { return false }
    if let query { forward(query, from: start) }
    if !outgoing.isVisible(from: start) { outgoing.percentEncode(from: start) }
    if let timing { add(timing) }
    switch ending {
    case .keepAlive: outgoing.append("\r\n\r\n")
    case .keepAliveSaid: outgoing.append("\r\nConnection: keep-alive\r\n\r\n")
    case .close: outgoing.append("\r\nConnection: close\r\n\r\n")
    }
    return true
  }

  /// Adds a request's query to a destination, in front of its fragment; one without anything in it is none.
  private func forward(_ query: UnsafeRawBufferPointer, from start: Int) {
    if query.isEmpty { return }
    let query = Array(query)
    let destination = Array(outgoing.bytes[start...])
    let fragment = destination.firstIndex(of: UInt8(ascii: "#")) ?? destination.endIndex
    let hasQuery = destination[..<fragment].contains(UInt8(ascii: "?"))
    outgoing.truncate(to: start)
    for byte in destination[..<fragment] { outgoing.append(byte) }
    outgoing.append(UInt8(ascii: hasQuery ? "&" : "?"))
    for byte in query { outgoing.append(byte) }
    for byte in destination[fragment...] { outgoing.append(byte) }
  }

  /// What an answer took, in microseconds.
  struct Timing {
    var isHit: Bool
    var total: UInt64
    var cache: UInt64
    var database: UInt64
  }

  private func add(_ timing: Timing) {
    outgoing.append("\r\nx-lynx-cache-hit: \(timing.isHit)")
    outgoing.append("\r\nx-lynx-timing-total-us: \(timing.total)")
    outgoing.append("\r\nx-lynx-timing-cache-us: \(timing.cache)")
    outgoing.append("\r\nx-lynx-timing-db-us: \(timing.database)")
  }
}
