import TestSupport
import Testing

@testable import Databases

@Suite("The queue of a pipeline")
struct PipelineQueueTests {
  private typealias Queue = PipelineQueue<Int, Int>

  @Test("generated groups end in order, with all their answers or their first failure")
  func groups() {
    var generator = SeededGenerator.forTest()
    for _ in 0..<200 {
      var queue = Queue()
      var next = 0
      var sent: [(requests: [Int], failing: Int?)] = []
      var ended = 0
      var open: (answered: Int, group: Int)?
      for time in 0..<UInt64(200) {
        if Bool.random(using: &generator) {
          let requests = Array(next..<next + Int.random(in: 0...4, using: &generator))
          next += requests.count
          let failing =
            Int.random(in: 0...2, using: &generator) == 0
            ? requests.randomElement(using: &generator) : nil
          sent.append((requests, failing))
          queue.append(
            .init(purpose: .work, requests: requests, allowanceNanoseconds: 10), now: time)
        } else if ended < sent.count {
          let (requests, failing) = sent[ended]
          let answered = open?.answered ?? 0
          if answered < requests.count {
            open = (answered + 1, ended)
            let request = requests[answered]
            let event: Queue.Event =
              if request == failing {
                .failure(DatabaseError(.busy, "\(request)"))
              } else if let failing, request > failing { .aborted } else { .answer(request) }
            #expect(queue.receive(event, now: time) == nil)
          } else {
            let group = queue.receive(.sync, now: time)
            #expect(group?.requests == requests)
            #expect(group?.failure?.message == failing.map { "\($0)" })
            if failing == nil { #expect(group?.answers == requests) }
            open = nil
            ended += 1
            #expect(queue.deadlineNanoseconds == (ended == sent.count ? nil : time + 10))
          }
        }
        #expect(queue.groupCount == sent.count - ended)
        #expect(queue.requestCount == sent[ended...].reduce(0) { $0 + $1.requests.count })
      }
      let rest = queue.removeAll()
      #expect(rest.map(\.requests) == sent[ended...].map(\.requests))
      #expect(queue.isEmpty && queue.requestCount == 0 && queue.deadlineNanoseconds == nil)
      #expect(queue.receive(.sync, now: 0) == nil)
    }
  }

  @Test("a failed preparation explains the requests that went out after it")
  func preparations() {
    var prepared = PreparedStatements()
    let statement = PostgresStatement("a", "SELECT 1")
    #expect(prepared.nameToPrepare(statement) == "lynx_a_0")
    #expect(prepared.nameToPrepare(statement) == nil)
    let unknown = DatabaseError(.other, "unknown", code: "26000")
    let failed = DatabaseError(.statement, "why", code: "42P01")
    prepared.finished("a", failure: failed)
    #expect(prepared.reason(of: unknown, in: [statement, statement]) == failed)
    #expect(prepared.nameToPrepare(statement) != "lynx_a_0")
    prepared.finished("a", failure: nil)
    let changed = DatabaseError(.statement, "cached plan must not change", code: "0A000")
    let old = prepared.name(of: statement)
    #expect(prepared.reason(of: changed, in: [statement, statement]) == changed)
    #expect(prepared.nameToPrepare(statement) != nil)
    #expect(prepared.takeStaleNames(statement) == [old])
    #expect(prepared.takeStaleNames(statement).isEmpty)
  }
}
