import Diagnosis
import Synchronization
import Testing

@Suite("Checks are tried side by side and told in order")
struct DiagnosisTests {
  private func check(
    _ id: String, _ group: CheckGroup = .server, within deadline: Duration = .seconds(20),
    probe: @escaping @Sendable () -> Finding
  ) -> Check {
    Check(id: id, group: group, title: id, deadline: deadline, probe: probe)
  }

  @Test("each check's finding is told once, in the order of the checks, whichever ended first")
  func order() {
    let gate = Mutex(false)
    let first = check("first") {
      // Ends only after the second has.
      while !gate.withLock({ $0 }) {}
      return Finding(.ok, "1")
    }
    let second = check("second") {
      gate.withLock { $0 = true }
      return Finding(.failed, "2", expected: "3", remedy: Remedy("true"))
    }
    var told: [String] = []
    let diagnosis = Diagnosis.run([first, second]) { told.append($0.check.id) }
    #expect(told == ["first", "second"])
    #expect(diagnosis.results.map(\.finding.observed) == ["1", "2"])
    #expect(diagnosis.results.map(\.finding.status) == [.ok, .failed])
  }

  @Test("a check that does not end is left behind and said not to have answered")
  func deadline() {
    let gate = Mutex(false)
    let stuck = check("stuck", within: .milliseconds(30)) {
      while !gate.withLock({ $0 }) {}
      return Finding(.ok, "late")
    }
    let diagnosis = Diagnosis.run([stuck, check("other") { Finding(.ok, "here") }])
    gate.withLock { $0 = true }
    #expect(diagnosis.results.map(\.finding.status) == [.warning, .ok])
    #expect(diagnosis.results.first?.finding.observed == "no answer within 30 ms")
  }

  @Test("what is measured is measured while nothing else is tried")
  func noiseAlone() {
    let running = Mutex(0)
    let seen = Mutex<[Int]>([])
    let others = (0..<4).map { number in
      check("other\(number)") {
        running.withLock { $0 += 1 }
        return Finding(.ok, "")
      }
    }
    let noise = check("noise", .noise) {
      seen.withLock { $0.append(running.withLock { $0 }) }
      return Finding(.ok, "")
    }
    let diagnosis = Diagnosis.run(others + [noise])
    #expect(diagnosis.results.count == 5)
    #expect(seen.withLock { $0 } == [0])
  }
}
