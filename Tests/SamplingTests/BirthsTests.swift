import Testing

@testable import Sampling

@Suite("A thread is opened or has inherited, and counts once")
struct BirthsTests {
  @Test("born of a thread whose events were complete, it needs none")
  func complete() {
    var births = Births()
    births.note(.init(thread: 2, parent: 1, nanoseconds: 100))
    births.note(.init(thread: 3, parent: 2, nanoseconds: 200))
    #expect(births.isComplete(2, opened: [1: 99]))
    #expect(births.isComplete(3, opened: [1: 99]))
    #expect(births.isComplete(3, opened: [2: 150]))
  }

  @Test("born while its parent's were being opened, it needs its own")
  func incomplete() {
    var births = Births()
    births.note(.init(thread: 2, parent: 1, nanoseconds: 100))
    births.note(.init(thread: 3, parent: 2, nanoseconds: 200))
    #expect(!births.isComplete(2, opened: [1: 101]))
    #expect(!births.isComplete(3, opened: [1: 101]))
    #expect(!births.isComplete(3, opened: [1: 101, 2: 201]))
    #expect(!births.isComplete(4, opened: [1: 1, 2: 2]))
    #expect(!births.isComplete(2, opened: [:]))
  }

  @Test("records that contradict each other end")
  func contradiction() {
    var births = Births()
    births.note(.init(thread: 1, parent: 2, nanoseconds: 100))
    births.note(.init(thread: 2, parent: 1, nanoseconds: 100))
    births.note(.init(thread: 3, parent: 3, nanoseconds: 100))
    for thread: Int32 in 1...3 { #expect(!births.isComplete(thread, opened: [:])) }
  }

  @Test("of two events of a thread on a CPU the first one seen counts")
  func owners() {
    var owners = OwnerTable()
    var answers = [
      owners.counts(thread: 1, ring: 0, event: 10), owners.counts(thread: 1, ring: 0, event: 11),
      owners.counts(thread: 1, ring: 1, event: 11), owners.counts(thread: 1, ring: 0, event: 10),
    ]
    owners.forget(1, rings: 2)
    answers.append(owners.counts(thread: 1, ring: 0, event: 11))
    #expect(answers == [true, false, true, true, true])
  }
}
