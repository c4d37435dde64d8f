import Links
import Synchronization
import TestSupport
import Testing

@testable import LinkStores

@Suite("Notices between nodes")
struct ChangeNoticeTests {
  private func change(_ code: String, _ version: Int64) -> LinkChange {
    LinkChange(code: code, version: version, updatedAt: 0)
  }

  @Test("every change arrives, in payloads that NOTIFY takes")
  func roundTrip() {
    var random = SeededGenerator.forTest()
    let pieces = ["a", "Z", "7", "-", "é", "🦁", "/", "\u{301}", " ", "\r", "?", "*"]
    for _ in 0..<200 {
      let changes = (0..<Int.random(in: 0...900, using: &random)).map { _ in
        change(
          (0..<Int.random(in: 1...40, using: &random)).map { _ in
            pieces.randomElement(using: &random) ?? ""
          }.joined(), .random(in: 1...Int64.max, using: &random))
      }
      let payloads = ChangeNotice.payloads(changes)
      #expect(payloads.allSatisfy { $0.utf8.count < 8_000 && !$0.isEmpty })
      let hints = payloads.flatMap(ChangeNotice.hints)
      #expect(hints.count == changes.count)
      for (hint, change) in zip(hints, changes) {
        guard case .changed(let code, let version) = hint else {
          Issue.record("\(hint)")
          continue
        }
        #expect(Array(code.utf8) == Array(change.code.utf8) && version == change.version)
      }
    }
  }

  @Test("what cannot be named, or is not understood, is to be looked for")
  func looking() {
    #expect(
      ChangeNotice.payloads([change("a", 1), change("b\r\nc", 1)]).flatMap(ChangeNotice.hints)
        == [.changes])
    let long = String(repeating: "x", count: 9_000)
    #expect(ChangeNotice.payloads([change(long, 1)]).flatMap(ChangeNotice.hints) == [.changes])
    for text in ["", "?", "x", "1", "1\n", "0 a", "-1 a", "x a", "99999999999999999999 a", "{}"] {
      #expect(ChangeNotice.hints(text) == [.changes], "\(text)")
    }
    #expect(ChangeNotice.hints("*") == [.anything])
  }

  private final class Sent: Sendable {
    let payloads = Mutex<[[String]]>([])
  }

  @Test("what comes together is sent together, and all of it before the end")
  func gathering() async {
    let announcer = PostgresAnnouncer()
    let sent = Sent()
    for number in 1...3_000 {
      announcer.add(change("code-\(number)", 1)) { payloads in
        sent.payloads.withLock { $0.append(payloads) }
        return true
      }
    }
    await announcer.close()
    let batches = sent.payloads.withLock { $0 }
    let codes = batches.flatMap { $0 }.flatMap(ChangeNotice.hints).compactMap {
      if case .changed(let code, _) = $0 { code } else { nil }
    }
    #expect(codes == (1...3_000).map { "code-\($0)" })
    #expect(batches.count < 300)
    announcer.add(change("late", 1)) { _ in
      Issue.record("sent after the end")
      return true
    }
  }

  @Test("more than can be named are told as many")
  func tooMany() async {
    let announcer = PostgresAnnouncer()
    let sent = Sent()
    let (isFirstSent, first) = (AsyncStream<Void>.makeStream(), AsyncStream<Void>.makeStream())
    let send: PostgresAnnouncer.Send = { payloads in
      let count = sent.payloads.withLock { sent in
        sent.append(payloads)
        return sent.count
      }
      if count == 1 {
        isFirstSent.continuation.yield()
        for await _ in first.stream { break }
      }
      return true
    }
    announcer.add(change("first", 1), send)
    for await _ in isFirstSent.stream { break }
    for number in 0..<10_000 { announcer.add(change("code-\(number)", 1), send) }
    first.continuation.yield()
    await announcer.close()
    #expect(sent.payloads.withLock { $0 } == [["1 first"], ["?"]])
  }
}
