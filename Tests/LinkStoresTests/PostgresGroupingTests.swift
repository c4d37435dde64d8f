import TestSupport
import Testing

@testable import LinkStores

@Suite("Groups of requests to PostgreSQL")
struct PostgresGroupingTests {
  /// Callers that ask again as soon as they are answered, and a server that answers each group after
  /// a while: what was sent when, by a clock of its own.
  private struct Simulation {
    var work: GroupedWork<Int>
    private(set) var groups: [(count: Int, time: UInt64)] = []
    private(set) var longestWait: UInt64 = 0
    private var arrivals: [UInt64] = []

    init(_ options: PostgresGrouping.Options, connections: Int) {
      work = GroupedWork(options, connections: connections, share: connections)
    }

    mutating func run(
      callers: Int, answerNanoseconds: UInt64, returnNanoseconds: UInt64, connections: Int,
      until end: UInt64
    ) {
      var time: UInt64 = 0
      var underWay: [(items: [Int], connection: Int, sent: UInt64, done: UInt64)] = []
      var returning: [(caller: Int, time: UInt64)] = (0..<callers).map { ($0, 0) }
      arrivals = Array(repeating: 0, count: callers)
      while time < end {
        for (caller, _) in returning.filter({ $0.time <= time }) {
          work.append(caller, now: time)
          arrivals[caller] = time
        }
        returning.removeAll { $0.time <= time }
        for group in underWay where group.done <= time {
          work.end(
            count: group.items.count, onConnection: group.connection, sentNanoseconds: group.sent,
            now: time)
          for (place, caller) in group.items.enumerated() {
            returning.append((caller, time + returnNanoseconds * UInt64(place + 1)))
          }
        }
        underWay.removeAll { $0.done <= time }
        var next = UInt64.max
        for connection in 0..<connections {
          while let items = work.begin(
            onConnection: connection, now: time, untilNanoseconds: &next)
          {
            groups.append((items.count, time))
            for caller in items { longestWait = max(longestWait, time - arrivals[caller]) }
            underWay.append((items, connection, time, time + answerNanoseconds))
          }
        }
        let events = underWay.map(\.done) + returning.map(\.time) + [next]
        time = max(time + 1, events.min() ?? end)
      }
    }
  }

  @Test("one caller alone is never kept waiting")
  func alone() {
    for options in [PostgresGrouping.Options.lookups, .creations] {
      var simulation = Simulation(options, connections: 2)
      simulation.run(
        callers: 1, answerNanoseconds: 50_000, returnNanoseconds: 3_000, connections: 2,
        until: 10_000_000)
      #expect(simulation.groups.count > 100)
      #expect(simulation.longestWait == 0)
    }
  }

  @Test("callers in step share the statements that are meant to be under way")
  func inStep() {
    var simulation = Simulation(.lookups, connections: 1)
    simulation.run(
      callers: 16, answerNanoseconds: 40_000, returnNanoseconds: 1_000, connections: 1,
      until: 20_000_000)
    let settled = simulation.groups.dropFirst(20)
    let mean = Double(settled.reduce(0) { $0 + $1.count }) / Double(settled.count)
    #expect(mean > 7, "two groups of eight are best: \(mean)")
  }

  @Test("whatever the load, nothing waits longer than it may and no group is too large")
  func bounds() {
    var random = SeededGenerator.forTest()
    for _ in 0..<60 {
      let connections = Int.random(in: 1...3, using: &random)
      var options = Bool.random(using: &random) ? PostgresGrouping.Options.lookups : .creations
      options.limit = Int.random(in: 1...64, using: &random)
      let answer = UInt64.random(in: 1_000...3_000_000, using: &random)
      var simulation = Simulation(options, connections: connections)
      let callers = Int.random(in: 1...200, using: &random)
      simulation.run(
        callers: callers, answerNanoseconds: answer,
        returnNanoseconds: UInt64.random(in: 0...20_000, using: &random),
        connections: connections, until: 50_000_000)
      #expect(simulation.groups.allSatisfy { (1...options.limit).contains($0.count) })
      // For its turn: as many groups as are needed for all callers, over what may be under way at
      // once; then for others to join.
      let rounds = UInt64(
        callers / (options.limit * connections * options.promptGroups) + 2)
      #expect(
        simulation.longestWait <= rounds * answer + options.gatherNanoseconds,
        "\(callers) callers, \(connections) connections, \(options)")
    }
  }

  @Test("on a slow line more groups follow without waiting for answers")
  func slowLine() {
    var simulation = Simulation(.lookups, connections: 1)
    simulation.run(
      callers: 16, answerNanoseconds: 5_000_000, returnNanoseconds: 400_000, connections: 1,
      until: 50_000_000)
    #expect(simulation.longestWait < 2_500_000, "\(simulation.longestWait)")
  }

  @Test("every number of connections serves every kind of work", arguments: 1...12)
  func roles(count: Int) {
    let roles = ConnectionRoles(connections: count)
    for role in [roles.lookups, roles.creations, roles.requests] {
      #expect(!role.isEmpty && role.lowerBound >= 0 && role.upperBound <= count)
    }
    if count > 4 {
      #expect(!roles.lookups.overlaps(roles.creations))
      #expect(!roles.requests.overlaps(roles.creations))
      #expect(!roles.requests.overlaps(roles.lookups))
    }
  }
}

@Suite("Codes by their bytes")
struct CodeListTests {
  @Test("a row finds all lookups of its code and no other")
  func positions() {
    var random = SeededGenerator.forTest()
    let alphabet = ["a", "b", "é", "e\u{301}", "😀", "", "A", "\u{0}"]
    for _ in 0..<300 {
      let codes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
        (0..<Int.random(in: 0...3, using: &random)).map { _ in
          alphabet.randomElement(using: &random) ?? ""
        }.joined()
      }
      let list = CodeList(
        codes.map {
          TargetLookup(question: .one($0) { _ in }, deadlineNanoseconds: 0)
        })
      #expect(list.count == codes.count)
      for code in codes + ["zz", "b"] where !code.utf8.contains(0) && !code.isEmpty {
        let bytes = Array(code.utf8)
        var found: [Int] = []
        list.forEachPosition(of: bytes.span) { found.append($0) }
        let expected = codes.indices.filter { Array(codes[$0].utf8) == bytes }
        #expect(found.sorted() == expected)
      }
    }
  }
}
